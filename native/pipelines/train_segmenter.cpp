#include "pipelines/train_segmenter.h"

#include "models/postprocessing.h"
#include "pipelines/file_case_reader.h"
#include "training/loop/communicator.h"
#include "training/loop/training_run.h"
#include "training/tasks/structure/run.h"

namespace hepatica {

namespace {

void check_plan(const StructureTrainingPlan& plan) {
  if (!plan.options.postprocessing.empty()) Postprocessing::from_json(plan.options.postprocessing);
  check_run(plan.options, describe(plan, training_config(plan.options)));
}

}  // namespace

void check_training(const StructureTrainingPlan& plan, const DeviceChoice& choice) {
  check_plan(plan);
  Run unheard;
  choose_training_device(choice, plan.options.precision, unheard);
}

TrainingResult train_segmenter(const StructureTrainingPlan& plan, const DeviceChoice& choice,
                               const EpochCallback& on_epoch, Run& run) {
  check_plan(plan);
  const LiverCnnConfig config = training_config(plan.options);
  const ComputeDevice device = choose_training_device(choice, plan.options.precision, run);
  check_resume(plan.options, describe(plan, config));
  History history;
  train_together(plan.options.process, run, [&](Communicator& communicator) {
    run.begin_stage("reading training scans", 0, 0.03);
    const std::vector<GridScan> training = load_grid_scans(plan, FileCaseReader(), false, config, communicator, run);
    run.begin_stage("reading validation scans", 0.03, 0.05);
    const std::vector<GridScan> validation = load_grid_scans(plan, FileCaseReader(), true, config, communicator, run);
    run.begin_stage("training", 0.05, 1);
    history = train_on(device, choice, plan.options.precision, communicator, on_epoch, run,
                       [&](const TrainingDevice& where, const EpochCallback& told) {
                         return run_training(plan, config, training, validation, where, communicator, told, run);
                       });
  });
  return {plan.options.output, history_json(history)};
}

}  // namespace hepatica
