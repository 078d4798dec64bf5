#include "runtime/executor.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

using namespace hepatica;
using namespace std::chrono_literals;

namespace {

// Waits until the condition holds; gives up after ten seconds.
template <class Condition>
bool eventually(Condition&& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

}  // namespace

TEST_CASE("networks run one at a time, in order, on one thread") {
  Executor executor(8);
  std::atomic<bool> gate{false};
  std::atomic<int> inside{0};
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  std::vector<std::jthread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&, i] {
      Run run;
      executor.compute(run, [&, i] {
        CHECK(inside++ == 0);
        eventually([&] { return gate.load(); });
        order.push_back(i);
        threads.push_back(std::this_thread::get_id());
        --inside;
      });
    });
    // The first is in flight, the others wait in the order in which they came.
    REQUIRE(eventually([&] { return inside == 1 && executor.networks().counts().waiting == i; }));
  }
  gate = true;
  callers.clear();
  CHECK(order == std::vector<int>{0, 1, 2, 3});
  for (const auto& id : threads) CHECK(id == threads[0]);
  CHECK(threads[0] != std::this_thread::get_id());
}

TEST_CASE("a network computes with the run's threads, throws what it throws, and may use the executor itself") {
  Executor executor(8);
  Run run;
  run.threads = 1;
  int used = 0;
  executor.compute(run, [&] { executor.compute(run, [&] { used = at::get_num_threads(); }); });
  CHECK(used == 1);
  run.threads = 2;
  executor.compute(run, [&] { used = at::get_num_threads(); });
  CHECK(used == 2);
  CHECK_THROWS_AS(executor.compute(run, [] { throw std::out_of_range("from the job"); }), std::out_of_range);
}

TEST_CASE("a waiting network whose run is cancelled never runs") {
  Executor executor(8);
  std::atomic<bool> gate{false};
  std::atomic<bool> cancelled{false};
  std::atomic<bool> started{false};
  std::jthread first([&] {
    Run run;
    executor.compute(run, [&] {
      started = true;
      eventually([&] { return gate.load(); });
    });
  });
  REQUIRE(eventually([&] { return started.load(); }));
  Run second_run;
  bool ran = false;
  std::jthread second([&] {
    try {
      executor.compute(second_run, [&] { ran = true; });
    } catch (const Cancelled&) {
      cancelled = true;
    }
  });
  REQUIRE(eventually([&] { return executor.networks().counts().waiting == 1; }));
  second_run.cancel();
  CHECK(eventually([&] { return cancelled.load(); }));
  CHECK(executor.networks().counts().waiting == 0);
  gate = true;
  first.join();
  second.join();
  CHECK_FALSE(ran);
}

TEST_CASE("the end of the executor cancels what runs and what waits") {
  std::atomic<int> cancelled{0};
  std::vector<std::jthread> callers;
  {
    Executor executor(8);
    std::atomic<bool> started{false};
    for (int i = 0; i < 3; ++i) {
      callers.emplace_back([&] {
        Run run;
        try {
          executor.compute(run, [&] {
            started = true;
            while (true) {
              run.check_cancelled();
              std::this_thread::sleep_for(1ms);
            }
          });
        } catch (const Cancelled&) {
          ++cancelled;
        }
      });
    }
    REQUIRE(eventually([&] { return started && executor.networks().counts().waiting == 2; }));
  }
  callers.clear();
  CHECK(cancelled == 3);
}

TEST_CASE("where the system starts no thread for the networks, the job ends in that error, and a later one runs") {
  const pid_t child = fork();
  if (child == 0) {
    // Root is not bound by the limit on processes.
    if (getuid() == 0 && setuid(65534) != 0) _exit(2);
    rlimit limit{};
    getrlimit(RLIMIT_NPROC, &limit);
    const rlimit none{0, limit.rlim_max};
    Executor executor(1);
    Run run;
    for (int i = 0; i < 2; ++i) {
      setrlimit(RLIMIT_NPROC, &none);
      try {
        executor.compute(run, [] { _exit(3); });
        _exit(4);
      } catch (const std::system_error& error) {
        if (error.code() != std::errc::resource_unavailable_try_again) _exit(5);
      }
      const auto counts = executor.networks().counts();
      if (counts.waiting != 0 || counts.running != 0) _exit(6);
    }
    setrlimit(RLIMIT_NPROC, &limit);
    run.threads = 1;
    bool ran = false;
    executor.compute(run, [&] { ran = true; });
    _exit(ran ? 0 : 7);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
