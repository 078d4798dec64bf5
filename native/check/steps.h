// Steps of training, as Trainer takes them, kept so that each can be taken again on another device.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <memory>
#include <vector>

#include "models/state_dict.h"

namespace hepatica::check {

// A network on its device, and the loss of each step's batch.
struct Learner {
  std::shared_ptr<torch::nn::Module> network;
  std::function<at::Tensor(int step)> loss;
  // Sums a loss or a gradient over the processes that train together; empty: one trains alone.
  std::function<void(const at::Tensor&)> sum = {};
};

// On the CPU.
struct Step {
  StateDict before;  // weights and statistics
  double loss = 0;
  StateDict gradients;
};

struct Steps {
  std::vector<Step> steps;
  StateDict after;  // the last of them

  std::vector<double> losses() const;
};

// Trains with Adam from the network's own weights.
Steps train(const Learner& learner, int steps, double learning_rate);

// The loss and the gradients that the network has with the weights that `step` began with.
Step repeat(const Learner& learner, const Step& step, int index);

// The weights after Adam's first step from those of `step` with its gradients.
StateDict first_update(const Learner& learner, const Step& step, double learning_rate);

}  // namespace hepatica::check
