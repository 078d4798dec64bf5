// The epochs of a training run: steps of Adam, the moving average, validation, checkpoints, the best weights.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/run.h"
#include "runtime/compute_mode.h"
#include "training/loop/checkpoint.h"
#include "training/loop/history.h"
#include "training/loop/optimization.h"
#include "training/loop/run_options.h"
#include "training/loop/training_task.h"

namespace hepatica {

class Trainer {
 public:
  // Keeps references to task and run.
  Trainer(const TrainingRunOptions& options, TrainingTask& task, Run& run);

  // Goes on from where `state` was saved.
  void restore(const TrainingState& state, const std::string& file);

  // Before the first epoch: all processes begin with the first one's weights. Throws CHECKPOINT_MISMATCH where they do
  // not go on from the same epoch.
  void agree_on_start();

  // Runs the epochs that are left. `after_epoch` is called with each epoch's record, when the state is whole.
  void train(const std::function<void(const EpochRecord&)>& after_epoch);

  // All that an exact resume needs, on any device; tensors share storage with the trainer's where it is the CPU.
  TrainingState state();

  const History& history() const { return history_; }
  // Of the epoch that options.keep names; of the last epoch where nothing is validated.
  const StateDict& best_weights() const { return best_weights_; }

 private:
  // What a step has computed, part by part of its batch.
  struct StepFigures {
    struct Part {
      double share = 0;
      PartLoss figures;  // without gradients
    };
    std::vector<Part> parts;
    int64_t size = 0;
    int64_t steps_done = 0;
  };
  struct EpochSums {
    double loss = 0;
    double accuracy = 0;
    std::map<std::string, double> terms;
    int64_t images = 0;
  };

  EpochRecord run_epoch(int64_t epoch);
  StepFigures step(TrainingBatch& batch);
  // Waits for the step.
  static void add(const StepFigures& figures, EpochSums& sums);
  void set_learning_rate();
  void freeze(int64_t epoch);
  // While a GPU is given work: what is not bf16 is single precision, and nobody else may say otherwise.
  ComputeMode single_precision() const;
  void tell_of_indeterminism();
  void validate_epoch(int64_t epoch, EpochRecord& record);
  void choose_best(const EpochRecord& record);
  bool is_over(int64_t epoch) const;
  bool time_is_up() const;
  double fraction_done() const;
  double agreed(double seconds) const;
  bool averages() const { return options_.ema_decay > 0; }
  torch::nn::Module& judged_network() { return averages() ? task_.average() : task_.network(); }

  const TrainingRunOptions options_;
  TrainingTask& task_;
  Run& run_;
  Determinism determinism_;
  RatedAdam adam_;
  int64_t epochs_done_ = 0;
  int64_t steps_done_ = 0;
  double seconds_ = 0;  // of training, without validation
  double learning_rate_ = 0;
  History history_;
  StateDict best_weights_;
  std::set<std::string> told_;  // what of a GPU is not deterministic
};

}  // namespace hepatica
