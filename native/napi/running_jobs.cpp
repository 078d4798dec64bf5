#include "napi/running_jobs.h"

#include <algorithm>
#include <chrono>

#include "core/processors.h"

namespace hepatica::napi {
namespace {

// How soon a waiting job notices that its run was cancelled: a Run's flag wakes nobody.
constexpr std::chrono::milliseconds kCancelPoll{20};

}  // namespace

RunningJobs::RunningJobs() : concurrency_(std::max(2, usable_processors())) {}

RunningJobs& RunningJobs::of_process() {
  static RunningJobs jobs;
  return jobs;
}

void RunningJobs::stop() {
  std::unique_lock lock(mutex_);
  stopped_ = true;
  for (Run* run : runs_) run->cancel();
  changed_.notify_all();
  changed_.wait(lock, [this] { return runs_.empty() && line_.empty(); });
}

void RunningJobs::set_concurrency(int concurrency) {
  const std::lock_guard lock(mutex_);
  concurrency_ = std::max(1, concurrency);
  changed_.notify_all();
}

RunningJobs::Counts RunningJobs::counts() const {
  const std::lock_guard lock(mutex_);
  return {concurrency_, running_, static_cast<int>(line_.size())};
}

void RunningJobs::wait_for_turn(Run& run, std::unique_lock<std::mutex>& lock) {
  line_.push_back(&run);
  const auto is_next = [&] { return line_.front() == &run && running_ < concurrency_; };
  while (!is_next() && !stopped_ && !run.is_cancelled()) changed_.wait_for(lock, kCancelPoll);
  const bool goes = is_next() && !stopped_ && !run.is_cancelled();
  std::erase(line_, &run);
  // Whoever is first now may go too.
  changed_.notify_all();
  if (!goes) throw Cancelled();
  ++running_;
}

RunningJobs::Entry::Entry(Run& run, Turn turn) : run_(run), turn_(turn) {
  RunningJobs& jobs = of_process();
  std::unique_lock lock(jobs.mutex_);
  if (turn == Turn::kInLine) jobs.wait_for_turn(run, lock);
  if (jobs.stopped_) throw Cancelled();
  jobs.runs_.insert(&run);
}

RunningJobs::Entry::~Entry() {
  RunningJobs& jobs = of_process();
  const std::lock_guard lock(jobs.mutex_);
  jobs.runs_.erase(&run_);
  if (turn_ == Turn::kInLine) --jobs.running_;
  jobs.changed_.notify_all();
}

}  // namespace hepatica::napi
