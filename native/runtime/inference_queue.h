// The thread that computes networks on one device, and its queue: jobs run one after the other, in the order in which
// they came, so that several calls in flight share neither cores nor activations.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "core/run.h"

namespace hepatica {

class InferenceQueue {
 public:
  InferenceQueue() = default;
  InferenceQueue(const InferenceQueue&) = delete;
  InferenceQueue& operator=(const InferenceQueue&) = delete;
  // Cancels the job in flight and those that wait, and ends the thread.
  ~InferenceQueue();

  // The process' queue for the CPU or the GPU; its thread starts with the first job and ends with the process, before
  // libtorch's own objects go.
  static InferenceQueue& of_device(bool cuda);

  // Calls work() on the queue's thread with libtorch set to run.thread_count() threads, waits for its end and throws
  // what it threw. Throws Cancelled where the run is cancelled while it waits, or the process ends. Called from the
  // queue's own thread, it works at once.
  void run(Run& run, const std::function<void()>& work);

  // Jobs that wait; the one in flight is not counted.
  size_t waiting() const;

 private:
  struct Job {
    Run* run = nullptr;
    const std::function<void()>* work = nullptr;
    bool started = false;
    bool finished = false;
    std::exception_ptr failure;
  };

  void serve();
  void wait_for(Job& job, std::unique_lock<std::mutex>& lock);

  mutable std::mutex mutex_;
  std::condition_variable job_came_;
  std::condition_variable job_finished_;
  std::deque<Job*> jobs_;
  Job* current_ = nullptr;
  int callers_ = 0;  // in wait_for()
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hepatica
