// Processes that train together, as threads of one: each with a communicator of its own over real connections.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "core/run.h"
#include "platform/free_port.h"
#include "training/loop/communicator.h"

namespace hepatica {

// Runs `work` in so many threads; throws what the first of them threw.
inline void run_processes(int count, const std::function<void(Communicator&, Run&)>& work) {
  const uint16_t port = free_port();
  std::vector<std::exception_ptr> failures(static_cast<size_t>(count));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < count; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        Run run;
        const auto communicator = join_processes(
            {rank, count, "127.0.0.1", port, {}, {}, std::chrono::minutes(1), std::chrono::seconds(30)}, run);
        work(*communicator, run);
        communicator->leave();
      } catch (...) {
        failures[static_cast<size_t>(rank)] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace hepatica
