// A training loop as Trainer's: Adam, a fixed order of batches, losses kept.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <vector>

#include "models/state_dict.h"

namespace hepatica::check {

struct StepLog {
  std::vector<double> losses;
  StateDict gradients;  // of the first step
  StateDict weights;    // after the last
};

// `loss` gives a step's loss, which takes part in the gradients of `network`.
StepLog train_steps(torch::nn::Module& network, int steps, double learning_rate,
                    const std::function<at::Tensor(int step)>& loss);

}  // namespace hepatica::check
