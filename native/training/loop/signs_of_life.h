// Whether all processes that train together still live: each counts up in the store, and looks at the others' counts.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/run.h"
#include "training/loop/communicator.h"

namespace hepatica {

class SignsOfLife {
 public:
  // The store's connection is this object's alone. Where a process is lost, `run` is cancelled.
  SignsOfLife(c10::intrusive_ptr<c10d::Store> store, const ProcessPlace& place, Run& run);
  ~SignsOfLife();
  SignsOfLife(const SignsOfLife&) = delete;
  SignsOfLife& operator=(const SignsOfLife&) = delete;

  bool all_well() const { return !lost_; }
  // Throws PROCESS_LOST.
  void check() const;
  // What another part has found out.
  void report_lost(const std::string& reason);
  void abort(const std::string& reason) noexcept;
  // No more signs are given or looked for: all processes are done.
  void leave();

 private:
  using Clock = std::chrono::steady_clock;
  struct Peer {
    int rank;
    int64_t count = -1;
    Clock::time_point changed = Clock::now();
  };

  void stop();
  void watch();
  void beat();
  void look_at(Peer& peer);
  void tell(const std::string& reason);

  const c10::intrusive_ptr<c10d::Store> store_;
  const int rank_;
  const int size_;
  const std::chrono::seconds patience_;
  Run& run_;
  std::vector<Peer> peers_;
  std::atomic<bool> lost_{false};
  std::atomic<Clock::rep> last_beat_;
  mutable std::mutex mutex_;
  std::condition_variable stop_;
  bool stopped_ = false;
  std::string reason_;   // why a process is lost
  std::string goodbye_;  // why this one is, to be told
  std::thread thread_;
};

}  // namespace hepatica
