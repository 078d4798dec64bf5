#include "pipelines/train_segmenter.h"

#include "models/postprocessing.h"
#include "pipelines/file_case_reader.h"
#include "training/loop/training_run.h"
#include "training/tasks/structure/run.h"

namespace hepatica {

void check_training(const StructureTrainingPlan& plan) {
  if (!plan.options.postprocessing.empty()) Postprocessing::from_json(plan.options.postprocessing);
  check_run(plan.options, describe(plan, training_config(plan.options)));
}

TrainingResult train_segmenter(const StructureTrainingPlan& plan, const EpochCallback& on_epoch, Run& run) {
  check_training(plan);
  const LiverCnnConfig config = training_config(plan.options);
  const TrainingDevice device = cpu_training_device(plan.options.precision);
  check_resume(plan.options, describe(plan, config));
  run.begin_stage("reading training scans", 0, 0.03);
  const std::vector<GridScan> training = load_grid_scans(plan, FileCaseReader(), false, config, run);
  run.begin_stage("reading validation scans", 0.03, 0.05);
  const std::vector<GridScan> validation = load_grid_scans(plan, FileCaseReader(), true, config, run);
  run.begin_stage("training", 0.05, 1);
  const History history = run_training(plan, config, training, validation, device, on_epoch, run);
  return {plan.options.output, history_json(history)};
}

}  // namespace hepatica
