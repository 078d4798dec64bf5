// Every network that is trained, with a batch of the phantom for each step.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "check/steps.h"
#include "check/target.h"
#include "training/loop/training_device.h"

namespace hepatica::check {

// Which items of each batch a learner has, and in which order.
struct Items {
  // The other order: changes nothing but the order in which the CPU adds up.
  bool reversed = false;
  // One of so many equal parts.
  int part = 0;
  int parts = 1;
};

struct LearnerCase {
  std::string name;
  int64_t batch = 0;
  // From the same first weights each time.
  std::function<Learner(const TrainingDevice& device, const Items& items)> make;
};

// Of `batch` items a step, one after the other.
std::vector<LearnerCase> list_learners(const Target& target, int64_t batch);

TrainingDevice training_device(const at::Device& device, bool bf16);

}  // namespace hepatica::check
