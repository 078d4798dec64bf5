// Work shared out over threads, one item at a time (a slice, a file): items differ in cost, so none is assigned ahead.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/run.h"

namespace hepatica {

// Calls work(item) for 0 <= item < count on run.thread_count() threads, or as many as the system starts, the caller's
// among them; polls the run's
// cancel flag before each item; the first exception stops the rest and is thrown here.
template <class Work>
void parallel_for(int64_t count, Run& run, Work&& work) {
  std::atomic<int64_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto drain = [&] {
    try {
      for (int64_t item = next++; item < count; item = next++) {
        run.check_cancelled();
        work(item);
      }
    } catch (...) {
      next = count;
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> helpers;
    const int64_t threads = std::min<int64_t>(run.thread_count(), count);
    for (int64_t i = 1; i < threads; ++i) {
      try {
        helpers.emplace_back(drain);
      } catch (const std::system_error&) {
        break;  // The system starts no more (a limit on threads or memory): those that run do the work.
      }
    }
    drain();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace hepatica
