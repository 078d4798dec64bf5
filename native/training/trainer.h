// The epochs of a training run: steps of Adam, the moving average, validation, checkpoints, the best weights.
#pragma once

#include <torch/torch.h>

#include <chrono>
#include <functional>
#include <span>
#include <string>

#include "core/run.h"
#include "models/liver_cnn/module.h"
#include "training/checkpoint.h"
#include "training/grid_scan.h"
#include "training/history.h"
#include "training/plan.h"
#include "training/sampler.h"

namespace hepatica {

class Trainer {
 public:
  // Keeps references to the scans.
  Trainer(const TrainingOptions& options, const LiverCnnConfig& config, std::span<const GridScan> training,
          std::span<const GridScan> validation, Run& run);

  // Goes on from where `state` was saved.
  void restore(const TrainingState& state, const std::string& file);

  // Runs the epochs that are left. `after_epoch` is called with each epoch's record, when the state is whole.
  void train(const std::function<void(const EpochRecord&)>& after_epoch);

  // All that an exact resume needs; tensors share storage with the trainer's.
  TrainingState state();

  const History& history() const { return history_; }
  // Of the best epoch by validation Dice; of the last epoch where nothing is validated.
  const StateDict& best_weights() const { return best_weights_; }
  int64_t training_slices() const { return sampler_.slice_count(); }

 private:
  struct StepResult {
    double loss = 0;
    double accuracy = 0;
  };

  EpochRecord run_epoch(int64_t epoch);
  StepResult step(const Batch& batch, at::Tensor& maps);
  StepResult accumulate_gradients(const Batch& batch, int64_t begin, int64_t end, at::Tensor& maps);
  void validate_epoch(int64_t epoch, EpochRecord& record);
  void choose_best(const EpochRecord& record);
  bool is_over(int64_t epoch) const;
  bool time_is_up() const;
  double fraction_done() const;
  LiverCnn& judged_network() { return options_.ema_decay > 0 ? average_ : network_; }

  const TrainingOptions options_;
  const LiverCnnConfig config_;
  std::span<const GridScan> validation_;
  Run& run_;
  bool bf16_;
  Sampler sampler_;
  LiverCnn network_;
  LiverCnn average_;
  torch::optim::Adam adam_;
  int64_t epochs_done_ = 0;
  int64_t steps_done_ = 0;
  double seconds_ = 0;  // of training, without validation
  double learning_rate_ = 0;
  History history_;
  StateDict best_weights_;
};

}  // namespace hepatica
