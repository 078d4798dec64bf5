#include "training/loop/communicator.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "core/error.h"
#include "process_threads.h"
#include "training/loop/nccl_library.h"

namespace hepatica {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

TEST_CASE("A process that trains alone changes nothing") {
  const auto alone = one_process();
  at::Tensor values = at::arange(4, at::kFloat);
  alone->all_reduce_sum(values);
  alone->broadcast(values, 0);
  alone->barrier();
  CHECK(at::equal(values, at::arange(4, at::kFloat)));
  CHECK(alone->size() == 1);
  CHECK(alone->is_first());
}

TEST_CASE("Three processes add up tensors of any layout, and hand them out") {
  run_processes(3, [](Communicator& communicator, Run&) {
    const auto rank = static_cast<double>(communicator.rank());
    at::Tensor sum = at::arange(100003, at::kFloat) * (rank + 1);
    communicator.all_reduce_sum(sum);
    CHECK(at::equal(sum, at::arange(100003, at::kFloat) * 6));
    const at::Tensor whole = at::zeros({4, 6}, at::kDouble);
    communicator.all_reduce_sum(whole.select(1, 2).fill_(rank));
    CHECK(whole.sum().item<double>() == 4 * 3.0);
    const at::Tensor handed_out = at::full({5}, communicator.rank(), at::kLong);
    communicator.broadcast(handed_out, 1);
    CHECK(at::equal(handed_out, at::ones({5}, at::kLong)));
    communicator.all_reduce_sum(at::empty({0}));
    communicator.barrier();
  });
}

TEST_CASE("NCCL takes over where every process has a device of its own, and no two share one") {
  CHECK(all_apart({"a", "b", "c"}));
  CHECK_FALSE(all_apart({"a", "b", "a"}));
  CHECK_FALSE(all_apart({"a", "", "b"}));
  CHECK_FALSE(all_apart({}));
  run_processes(2, [](Communicator& communicator, Run&) {
    communicator.compute_on(at::kCPU);
    CHECK_FALSE(communicator.uses_nccl());
    at::Tensor sum = at::ones(3);
    communicator.all_reduce_sum(sum);
    CHECK(at::equal(sum, at::full(3, 2.0)));
  });
}

TEST_CASE("A sum is the same bytes in every process") {
  std::vector<at::Tensor> sums(3);
  run_processes(3, [&](Communicator& communicator, Run&) {
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(static_cast<uint64_t>(communicator.rank()));
    at::Tensor sum = at::randn({10007}, generator);
    communicator.all_reduce_sum(sum);
    sums[static_cast<size_t>(communicator.rank())] = sum;
  });
  CHECK(at::equal(sums[0], sums[1]));
  CHECK(at::equal(sums[0], sums[2]));
}

TEST_CASE("Why one process goes is what the others end with") {
  CHECK_THROWS_WITH_AS(run_processes(2,
                                     [](Communicator& communicator, Run& run) {
                                       if (communicator.rank() == 1) {
                                         communicator.abort("out of coffee");
                                         std::this_thread::sleep_for(std::chrono::seconds(4));
                                         return;
                                       }
                                       while (!run.is_cancelled()) {
                                         std::this_thread::sleep_for(std::chrono::milliseconds(10));
                                       }
                                       communicator.check();
                                     }),
                       doctest::Contains("process 1: out of coffee"), Error);
}

TEST_CASE("Processes that nobody joins are told so") {
  Run run;
  try {
    join_processes({1, 2, "127.0.0.1", free_port(), {}, {}, std::chrono::seconds(3), std::chrono::seconds(30)}, run);
    FAIL("joined nobody");
  } catch (const Error& error) {
    CHECK(error.code == "RENDEZVOUS_FAILED");
  }
}

TEST_CASE("A process that is told to stop does not wait for the others") {
  Run run;
  run.cancel();
  CHECK_THROWS_AS(
      join_processes({0, 2, "127.0.0.1", free_port(), {}, {}, std::chrono::minutes(1), std::chrono::seconds(30)}, run),
      Cancelled);
}

// libtorch's threads do not survive a fork: the child starts this program anew, as the case below.
pid_t start_second(uint16_t port) {
  const std::string text = std::to_string(port);
  const pid_t child = fork();
  if (child == 0) {
    setenv("HEPATICA_TEST_PORT", text.c_str(), 1);
    execl("/proc/self/exe", "tests", "-nc", "-tc=The second of two processes", "-ns", static_cast<char*>(nullptr));
    _exit(1);
  }
  return child;
}

TEST_CASE("The second of two processes" * doctest::skip()) {
  const char* port = std::getenv("HEPATICA_TEST_PORT");
  if (!port) return;
  Run run;
  const auto communicator = join_processes({1,
                                            2,
                                            "127.0.0.1",
                                            static_cast<uint16_t>(std::stoi(port)),
                                            {},
                                            {},
                                            std::chrono::minutes(1),
                                            std::chrono::seconds(30)},
                                           run);
  communicator->barrier();
  sleep(3600);
}

void check_lost(int signal, std::chrono::seconds patience, double limit_s) {
  const uint16_t port = free_port();
  const pid_t child = start_second(port);
  Run run;
  const auto communicator = join_processes({0, 2, "127.0.0.1", port, {}, {}, std::chrono::minutes(1), patience}, run);
  communicator->barrier();
  kill(child, signal);
  const auto start = Clock::now();
  std::string code;
  try {
    communicator->all_reduce_sum(at::ones({1000}));
  } catch (const Error& error) {
    code = error.code;
  }
  CHECK(code == "PROCESS_LOST");
  CHECK(run.is_cancelled());
  CHECK(seconds_since(start) < limit_s);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_CASE("A process that is killed ends the wait for it at once") {
  check_lost(SIGKILL, std::chrono::seconds(60), 10);
}

TEST_CASE("A process that stands still ends the wait for it") { check_lost(SIGSTOP, std::chrono::seconds(4), 20); }

}  // namespace
}  // namespace hepatica
