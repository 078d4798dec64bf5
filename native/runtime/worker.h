// A thread that computes for others, one piece of work at a time. It is kept: each thread that computes with libtorch
// has a team of threads of its own.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace hepatica {

class Worker {
 public:
  // `rest` is called on the thread after each piece of work, when its caller may have gone on.
  explicit Worker(std::function<void()> rest) : rest_(std::move(rest)) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  // Ends the thread; nobody may be in run().
  ~Worker();

  // Waits for work()'s end on the thread, which starts with the first call, and throws what it threw. One caller at a
  // time.
  void run(const std::function<void()>& work);

  bool is_current_thread() const;

 private:
  void serve();

  std::function<void()> rest_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* work_ = nullptr;
  std::exception_ptr failure_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hepatica
