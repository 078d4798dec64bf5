#include "napi/running_jobs.h"

namespace hepatica::napi {

RunningJobs& RunningJobs::of_process() {
  static RunningJobs jobs;
  return jobs;
}

void RunningJobs::stop() {
  std::unique_lock lock(mutex_);
  stopped_ = true;
  for (Run* run : runs_) run->cancel();
  ended_.wait(lock, [this] { return runs_.empty(); });
}

RunningJobs::Entry::Entry(Run& run) : run_(run) {
  RunningJobs& jobs = of_process();
  const std::lock_guard lock(jobs.mutex_);
  if (jobs.stopped_) throw Cancelled();
  jobs.runs_.insert(&run);
}

RunningJobs::Entry::~Entry() {
  RunningJobs& jobs = of_process();
  const std::lock_guard lock(jobs.mutex_);
  jobs.runs_.erase(&run_);
  jobs.ended_.notify_all();
}

}  // namespace hepatica::napi
