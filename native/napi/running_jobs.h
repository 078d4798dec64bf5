// The jobs of all environments that compute right now. process.exit() runs no clean-up of the main environment: static
// objects of libtorch, oneDNN and DCMTK would be destroyed under threads that use them.
#pragma once

#include <condition_variable>
#include <mutex>
#include <unordered_set>

#include "core/run.h"

namespace hepatica::napi {

class RunningJobs {
 public:
  static RunningJobs& of_process();

  // Cancels all jobs, refuses new ones, and waits until none computes.
  void stop();

  // A job on its own thread, from the construction to the destruction of this object. Throws Cancelled after stop().
  class Entry {
   public:
    explicit Entry(Run& run);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    Run& run_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  std::unordered_set<Run*> runs_;
  bool stopped_ = false;
};

}  // namespace hepatica::napi
