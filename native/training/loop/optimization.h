// What one step of training computes beside the loss: learning rate, Adam, the moving average of the weights.
#pragma once

#include <ATen/Context.h>
#include <torch/optim/adam.h>

#include <string>
#include <vector>

#include "models/state_dict.h"
#include "training/loop/run_options.h"
#include "training/loop/training_task.h"

namespace hepatica {

// `step` counts from 0; `fraction` is the part of the run that is over.
double learning_rate_at(int64_t step, double fraction, const TrainingRunOptions& options);

// Moves the average towards the network after step `steps_done`; young averages follow faster.
void update_average(torch::nn::Module& average, const torch::nn::Module& network, double decay, int64_t steps_done);

// Weights of convolutions channels-last, as oneDNN's convolutions take them.
void to_channels_last(torch::nn::Module& network);

// A network whose first weights depend on the seed alone.
template <class Network, class Config>
Network seeded_network(const Config& config, uint64_t seed) {
  at::manual_seed(seed);
  Network network(config);
  to_channels_last(*network);
  return network;
}

// Adam with the paper's constants, and the factor of each parameter group's learning rate.
struct RatedAdam {
  torch::optim::Adam optimizer;
  std::vector<double> factors;

  void set_learning_rate(double rate);
  void step() {
    if (fused) {
      fused_step();
    } else {
      optimizer.step();
    }
  }

  // On a GPU: one kernel for all parameters instead of ten for each, whose sums are rounded in another order.
  bool fused = false;

 private:
  void fused_step();
};
RatedAdam make_adam(TrainingTask& task, double learning_rate);

// Shortens the gradient over all parameters to `limit` where it is longer.
void limit_gradient(const torch::nn::Module& network, double limit);

// Adds the gradients of all processes up: each has those of its own items' share of the loss.
void sum_gradients(const torch::nn::Module& network, Communicator& communicator);

// The optimizer's moments by parameter name, for checkpoints: "exp_avg.NAME", "exp_avg_sq.NAME", "step.NAME"; none of a
// parameter that was never trained.
StateDict adam_state(torch::optim::Adam& adam, const torch::nn::Module& network);
// Throws CORRUPT_CHECKPOINT naming `file`.
void load_adam_state(torch::optim::Adam& adam, const torch::nn::Module& network, const StateDict& state,
                     const std::string& file);

}  // namespace hepatica
