#include "platform/startable_threads.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace hepatica {
namespace {

// Threads that all live at the same time, as a team's do.
int try_to_start(int threads) {
  std::mutex mutex;
  std::condition_variable over;
  bool is_over = false;
  std::vector<std::jthread> started;
  try {
    while (static_cast<int>(started.size()) < threads) {
      started.emplace_back([&] {
        std::unique_lock lock(mutex);
        over.wait(lock, [&] { return is_over; });
      });
    }
  } catch (const std::system_error&) {
    // As many as there are.
  }
  const std::lock_guard lock(mutex);
  is_over = true;
  over.notify_all();
  return static_cast<int>(started.size());
}

}  // namespace

int startable_threads(int wanted) {
  thread_local int team = 1;
  if (wanted > team) return team += try_to_start(wanted - team);
  // A smaller team lets go of the others.
  return team = std::max(1, wanted);
}

}  // namespace hepatica
