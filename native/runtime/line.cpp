#include "runtime/line.h"

#include <algorithm>
#include <chrono>

namespace hepatica {
namespace {

// How soon a waiting run notices that it was cancelled: a Run's flag wakes nobody.
constexpr std::chrono::milliseconds kCancelPoll{20};

}  // namespace

void Line::set_places(int places) {
  const std::lock_guard lock(mutex_);
  places_ = std::max(1, places);
  changed_.notify_all();
}

Line::Counts Line::counts() const {
  const std::lock_guard lock(mutex_);
  return {places_, static_cast<int>(running_.size()), static_cast<int>(waiting_.size())};
}

void Line::stop() {
  std::unique_lock lock(mutex_);
  stopped_ = true;
  for (Run* run : running_) run->cancel();
  changed_.notify_all();
  changed_.wait(lock, [this] { return running_.empty() && waiting_.empty(); });
}

void Line::wait_for_turn(Run& run, std::unique_lock<std::mutex>& lock) {
  waiting_.push_back(&run);
  const auto is_next = [&] { return waiting_.front() == &run && static_cast<int>(running_.size()) < places_; };
  while (!is_next() && !stopped_ && !run.is_cancelled()) changed_.wait_for(lock, kCancelPoll);
  const bool goes = is_next() && !stopped_ && !run.is_cancelled();
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &run));
  // Whoever is first now may go too.
  changed_.notify_all();
  if (!goes) throw Cancelled();
  running_.push_back(&run);
}

Line::Turn::Turn(Line& line, Run& run) : line_(line), run_(run) {
  std::unique_lock lock(line.mutex_);
  line.wait_for_turn(run, lock);
}

Line::Turn::~Turn() {
  const std::lock_guard lock(line_.mutex_);
  line_.running_.erase(std::find(line_.running_.begin(), line_.running_.end(), &run_));
  line_.changed_.notify_all();
}

}  // namespace hepatica
