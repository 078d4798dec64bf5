#include "core/run.h"

#include <algorithm>

#include "platform/processors.h"

namespace hepatica {

int Run::thread_count() const { return threads > 0 ? threads : usable_processors(); }

void Run::begin_stage(const std::string& stage, double begin, double end) {
  {
    const std::lock_guard lock(mutex_);
    stage_ = stage;
    stage_begin_ = begin;
    stage_end_ = end;
  }
  progress(0);
}

void Run::progress(double fraction_of_stage) {
  if (!on_progress_) return;
  const std::lock_guard lock(mutex_);
  const double clamped = std::clamp(fraction_of_stage, 0.0, 1.0);
  reported_ = std::max(reported_, stage_begin_ + clamped * (stage_end_ - stage_begin_));
  on_progress_(stage_, reported_);
}

void Run::warn(std::string code, std::string message) {
  const std::lock_guard lock(mutex_);
  warnings_.push_back({std::move(code), std::move(message)});
}

void Run::add_timing_ms(const std::string& stage, double milliseconds) {
  const std::lock_guard lock(mutex_);
  timings_ms_[stage] += milliseconds;
}

void Run::set_device_used(std::string device) {
  const std::lock_guard lock(mutex_);
  device_used_ = std::move(device);
}

std::vector<Warning> Run::warnings() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}

std::map<std::string, double> Run::timings_ms() const {
  const std::lock_guard lock(mutex_);
  return timings_ms_;
}

std::string Run::device_used() const {
  const std::lock_guard lock(mutex_);
  return device_used_;
}

}  // namespace hepatica
