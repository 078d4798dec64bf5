#include "pipelines/train_segmenter.h"

#include "core/error.h"
#include "training/session.h"

namespace hepatica {

TrainingResult train_segmenter(const TrainingPlan& plan, const EpochCallback& on_epoch, Run& run) {
  const LiverCnnConfig config = training_config(plan.options);
  run.begin_stage("reading training scans", 0, 0.03);
  const std::vector<GridScan> training = load_grid_scans(plan, false, config, run);
  run.begin_stage("reading validation scans", 0.03, 0.05);
  const std::vector<GridScan> validation = load_grid_scans(plan, true, config, run);
  run.begin_stage("training", 0.05, 1);
  const History history = run_training(plan, config, training, validation, on_epoch, run);
  return {plan.options.output, history_json(history)};
}

}  // namespace hepatica
