// A bounded line: those that come first have their turn first, and no more than there are places at once.
#pragma once

#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <vector>

#include "core/run.h"

namespace hepatica {

class Line {
 public:
  static constexpr int kUnbounded = std::numeric_limits<int>::max();

  explicit Line(int places) : places_(places) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { stop(); }

  // At least 1.
  void set_places(int places);

  struct Counts {
    int places;
    int running;
    int waiting;
  };
  Counts counts() const;

  // Cancels the runs that have their turn and those that wait, refuses new ones, and waits until all have left.
  void stop();

  // From the construction, which waits for the run's turn, to the destruction. Throws Cancelled where the run is
  // cancelled meanwhile, and after stop().
  class Turn {
   public:
    Turn(Line& line, Run& run);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Line& line_;
    Run& run_;
  };

 private:
  void wait_for_turn(Run& run, std::unique_lock<std::mutex>& lock);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Run*> waiting_;  // the first one first
  std::vector<Run*> running_;
  int places_;
  bool stopped_ = false;
};

}  // namespace hepatica
