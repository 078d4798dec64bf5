// Processes that train together, as threads of one: each with a communicator of its own over real connections.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/run.h"
#include "training/loop/communicator.h"

namespace hepatica {

// One that nobody listened at a moment ago.
inline uint16_t free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  const bool bound = bind(descriptor, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(descriptor);
  if (!bound) throw std::runtime_error("No port is free");
  return ntohs(address.sin_port);
}

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
