#include "pipelines/train_structures.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/encoder3d/model.h"
#include "pipelines/file_case_reader.h"
#include "training/loop/architecture.h"
#include "training/loop/communicator.h"
#include "training/loop/training_run.h"
#include "training/tasks/volume/encoder3d_network.h"
#include "training/tasks/volume/run.h"

namespace hepatica {

namespace {

// A class keeps its place, and with it what the weights know of it.
void check_structures(const std::vector<std::string>& known, const std::vector<std::string>& wanted) {
  if (wanted.size() >= known.size() && std::equal(known.begin(), known.end(), wanted.begin())) return;
  const auto list = [](const std::vector<std::string>& names) { return nlohmann::json(names).dump(); };
  throw Error(
      "INVALID_ARGUMENT",
      "Expected architecture.structures to begin with those of initial, " + list(known) + ", received " + list(wanted),
      {}, "architecture", "Name new structures behind them");
}

VolumeNetworkKind starting_kind(const VolumeTrainingOptions& options) {
  if (options.initial.empty()) {
    throw Error("INVALID_ARGUMENT", "Expected initial to be the weights of a 3-D structure network, received none", {},
                "initial", "Give liver-3d.safetensors of the package, or what trainStructures wrote");
  }
  const auto model = Encoder3dModel::load(options.initial);
  const Encoder3dConfig config = with_architecture(model->config(), options.architecture);
  check_structures(model->config().structures, config.structures);
  VolumeNetworkKind kind = encoder3d_kind(config, model->structure());
  kind.postprocessing = model->postprocessing().to_json();
  return kind;
}

}  // namespace

void check_training(const VolumeTrainingPlan& plan, const DeviceChoice& choice) {
  check_run(plan.options, describe(plan, starting_kind(plan.options)));
  Run unheard;
  choose_training_device(choice, plan.options.precision, unheard);
}

TrainingResult train_structures(const VolumeTrainingPlan& plan, const DeviceChoice& choice,
                                const EpochCallback& on_epoch, Run& run) {
  const VolumeNetworkKind kind = starting_kind(plan.options);
  check_run(plan.options, describe(plan, kind));
  const ComputeDevice device = choose_training_device(choice, plan.options.precision, run);
  check_resume(plan.options, describe(plan, kind));
  History history;
  train_together(plan.options.process, run, [&](Communicator& communicator) {
    run.begin_stage("reading training scans", 0, 0.03);
    const std::vector<VolumeScan> training = load_volume_scans(plan, FileCaseReader(), false, kind, communicator, run);
    run.begin_stage("reading validation scans", 0.03, 0.05);
    const std::vector<VolumeScan> validation = load_volume_scans(plan, FileCaseReader(), true, kind, communicator, run);
    run.begin_stage("training", 0.05, 1);
    history = train_on(device, choice, plan.options.precision, communicator, on_epoch, run,
                       [&](const TrainingDevice& where, const EpochCallback& told) {
                         return run_training(plan, kind, training, validation, where, communicator, told, run);
                       });
  });
  return {plan.options.output, history_json(history)};
}

}  // namespace hepatica
