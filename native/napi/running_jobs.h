// The jobs of all environments: how many compute at once, and which do right now. process.exit() runs no clean-up of
// the main environment: static objects of libtorch, oneDNN and DCMTK would be destroyed under threads that use them.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <unordered_set>

#include "core/run.h"

namespace hepatica::napi {

// Whether a job waits for its turn: each computes with all processors, and holds its volumes. What takes hours (a
// training), or has to answer while others compute, does not.
enum class Turn { kInLine, kAtOnce };

class RunningJobs {
 public:
  static RunningJobs& of_process();

  // Cancels all jobs, refuses new ones, and waits until none computes.
  void stop();

  // How many jobs in line compute at once, at least 1; at first as many as there are processors, and no less than two,
  // so that a scan is read while another is computed on.
  void set_concurrency(int concurrency);

  struct Counts {
    int concurrency;
    int running;  // of those in line
    int waiting;
  };
  Counts counts() const;

  // A job on its own thread, from the construction, which waits for the job's turn, to the destruction of this object.
  // Throws Cancelled after stop(), and where the run is cancelled while it waits.
  class Entry {
   public:
    Entry(Run& run, Turn turn);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    Run& run_;
    Turn turn_;
  };

 private:
  RunningJobs();
  void wait_for_turn(Run& run, std::unique_lock<std::mutex>& lock);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_set<Run*> runs_;
  std::deque<Run*> line_;  // those that wait, the first one first
  int concurrency_;
  int running_ = 0;
  bool stopped_ = false;
};

}  // namespace hepatica::napi
