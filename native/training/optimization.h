// What one step of training computes: loss, learning rate, Adam, the moving average of the weights.
#pragma once

#include <torch/torch.h>

#include "models/liver_cnn/module.h"
#include "training/plan.h"

namespace hepatica {

// Cross-entropy against the covered part of each pixel, with the options' class weight and Dice term. `log_p` is
// (N, 2, H, W), `target` (N, H, W).
at::Tensor segmentation_loss(const at::Tensor& log_p, const at::Tensor& target, const TrainingOptions& options);

// `step` counts from 0; `fraction` is the part of the run that is over.
double learning_rate_at(int64_t step, double fraction, const TrainingOptions& options);

// Moves the average towards the network after step `steps_done`; young averages follow faster.
void update_average(LiverCnn& average, const LiverCnn& network, double decay, int64_t steps_done);

// Four-dimensional weights channels-last, as oneDNN's convolutions take them.
void to_channels_last(LiverCnn& network);

torch::optim::Adam make_adam(const LiverCnn& network, double learning_rate);

// The optimizer's moments by parameter name, for checkpoints: "exp_avg.NAME", "exp_avg_sq.NAME", "step.NAME".
StateDict adam_state(torch::optim::Adam& adam, const LiverCnn& network);
// Throws CORRUPT_CHECKPOINT naming `file`.
void load_adam_state(torch::optim::Adam& adam, const LiverCnn& network, const StateDict& state,
                     const std::string& file);

// Computes in bf16 what autocast knows to be safe there, while it lives.
class Autocast {
 public:
  explicit Autocast(bool enabled);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool enabled_before_;
  at::ScalarType dtype_before_;
};

// Throws INVALID_ARGUMENT where bf16 is asked for on a CPU that would only emulate it.
bool use_bf16(TrainingPrecision precision);

}  // namespace hepatica
