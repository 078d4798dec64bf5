#include "runtime/inference_queue.h"

#include <ATen/Parallel.h>

#include <chrono>

#include "core/startable_threads.h"
#include "runtime/caching_allocator.h"

namespace hepatica {
namespace {

// How soon a waiting job notices that its run was cancelled: a Run's flag wakes nobody.
constexpr std::chrono::milliseconds kCancelPoll{20};

}  // namespace

InferenceQueue& InferenceQueue::of_device(bool cuda) {
  static InferenceQueue cpu_queue;
  static InferenceQueue cuda_queue;
  return cuda ? cuda_queue : cpu_queue;
}

InferenceQueue::~InferenceQueue() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  if (current_) current_->run->cancel();
  job_came_.notify_all();
  if (thread_.joinable()) {
    lock.unlock();
    thread_.join();
    lock.lock();
  }
  // Whoever waited still holds this object's mutex for a moment.
  job_finished_.wait(lock, [this] { return callers_ == 0; });
}

void InferenceQueue::run(Run& run, const std::function<void()>& work) {
  Job job{&run, &work, false, false, nullptr};
  {
    std::unique_lock lock(mutex_);
    if (std::this_thread::get_id() == thread_.get_id()) {
      lock.unlock();
      return work();
    }
    if (stopping_) throw Cancelled();
    if (!thread_.joinable()) thread_ = std::thread([this] { serve(); });
    jobs_.push_back(&job);
    job_came_.notify_one();
    ++callers_;
    wait_for(job, lock);
    --callers_;
    job_finished_.notify_all();
  }
  if (job.failure) std::rethrow_exception(job.failure);
}

size_t InferenceQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void InferenceQueue::wait_for(Job& job, std::unique_lock<std::mutex>& lock) {
  while (!job.finished) {
    job_finished_.wait_for(lock, kCancelPoll);
    if (job.started || job.finished || !job.run->is_cancelled()) continue;
    std::erase(jobs_, &job);
    job.failure = std::make_exception_ptr(Cancelled());
    return;
  }
}

void InferenceQueue::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    job_came_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    current_ = jobs_.front();
    jobs_.pop_front();
    current_->started = true;
    if (stopping_) current_->run->cancel();
    lock.unlock();
    try {
      current_->run->check_cancelled();
      at::set_num_threads(startable_threads(current_->run->thread_count()));
      (*current_->work)();
    } catch (...) {
      current_->failure = std::current_exception();
    }
    lock.lock();
    current_->finished = true;
    current_ = nullptr;
    const bool empty = jobs_.empty();
    job_finished_.notify_all();
    if (empty) release_cached_memory();
  }
}

}  // namespace hepatica
