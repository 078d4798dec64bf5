#include "runtime/line.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
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

// A job that stays until its run is cancelled or it is told to go.
class Job {
 public:
  explicit Job(Line& line) : thread_([this, &line] { stay(line); }) {}

  void leave() { told_ = true; }
  void cancel() { run_.cancel(); }
  bool has_turn() const { return has_turn_; }
  bool was_refused() const { return refused_; }

 private:
  void stay(Line& line) {
    try {
      const Line::Turn turn(line, run_);
      has_turn_ = true;
      eventually([&] { return told_ || run_.is_cancelled(); });
    } catch (const Cancelled&) {
      refused_ = true;
    }
  }

  Run run_;
  std::atomic<bool> told_{false};
  std::atomic<bool> has_turn_{false};
  std::atomic<bool> refused_{false};
  std::jthread thread_;
};

bool counts_are(const Line& line, int running, int waiting) {
  return eventually([&] {
    const Line::Counts counts = line.counts();
    return counts.running == running && counts.waiting == waiting;
  });
}

}  // namespace

TEST_CASE("no more than there are places go on at once; those that came first go first") {
  Line line(2);
  std::vector<std::unique_ptr<Job>> jobs;
  for (int i = 0; i < 4; ++i) {
    jobs.push_back(std::make_unique<Job>(line));
    REQUIRE(counts_are(line, std::min(i + 1, 2), std::max(0, i - 1)));
  }
  CHECK_FALSE(jobs[2]->has_turn());
  jobs[1]->leave();
  REQUIRE(eventually([&] { return jobs[2]->has_turn(); }));
  CHECK_FALSE(jobs[3]->has_turn());
  line.set_places(3);
  CHECK(eventually([&] { return jobs[3]->has_turn(); }));
  for (const auto& job : jobs) job->leave();
  CHECK(counts_are(line, 0, 0));
}

TEST_CASE("one that is cancelled while it waits is refused, and the next goes in its place") {
  Line line(1);
  Job first(line);
  REQUIRE(counts_are(line, 1, 0));
  Job second(line);
  REQUIRE(counts_are(line, 1, 1));
  Job third(line);
  REQUIRE(counts_are(line, 1, 2));
  second.cancel();
  CHECK(eventually([&] { return second.was_refused(); }));
  first.leave();
  CHECK(eventually([&] { return third.has_turn(); }));
  third.leave();
}

TEST_CASE("a line that stops cancels those in it, refuses those that come, and is empty then") {
  Line line(1);
  Job first(line);
  REQUIRE(counts_are(line, 1, 0));
  Job second(line);
  REQUIRE(counts_are(line, 1, 1));
  line.stop();
  CHECK(line.counts().running == 0);
  CHECK(line.counts().waiting == 0);
  CHECK(eventually([&] { return second.was_refused(); }));
  Run late;
  CHECK_THROWS_AS(Line::Turn(line, late), Cancelled);
}
