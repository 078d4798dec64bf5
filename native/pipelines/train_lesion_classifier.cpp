#include "pipelines/train_lesion_classifier.h"

#include "pipelines/file_case_reader.h"
#include "training/loop/communicator.h"
#include "training/tasks/lesions/run.h"

namespace hepatica {

void check_training(const LesionTrainingPlan& plan, const LoadedWeights& loaded, const DeviceChoice& choice) {
  check_run(plan, lesion_start(plan.options, loaded).config);
  Run unheard;
  choose_training_device(choice, plan.options.precision, unheard);
}

TrainingResult train_lesion_classifier(const LesionTrainingPlan& plan, const LoadedWeights& loaded,
                                       const DeviceChoice& choice, const EpochCallback& on_epoch, Run& run) {
  const LesionStart start = lesion_start(plan.options, loaded);
  const MdlCnnConfig& config = start.config;
  check_run(plan, config);
  const ComputeDevice device = choose_training_device(choice, plan.options.precision, run);
  check_resume(plan, config);
  History history;
  train_together(plan.options.process, run, [&](Communicator& communicator) {
    run.begin_stage("reading training scans", 0, 0.04);
    const LesionTrainingScans training = load_training_scans(plan, FileCaseReader(), config, communicator, run);
    run.begin_stage("reading validation scans", 0.04, 0.06);
    const std::vector<LesionScan> validation = load_validation_scans(plan, FileCaseReader(), config, communicator, run);
    run.begin_stage("training", 0.06, 1);
    history = train_on(device, choice, plan.options.precision, communicator, on_epoch, run,
                       [&](const TrainingDevice& where, const EpochCallback& told) {
                         return run_training(plan, start, training, validation, where, communicator, told, run);
                       });
  });
  return {plan.options.output, history_json(history)};
}

}  // namespace hepatica
