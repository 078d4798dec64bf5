#include "training/tasks/volume/run.h"

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "training/loop/training_run.h"
#include "training/tasks/volume/task.h"

namespace hepatica {

RunDescription describe(const VolumeTrainingPlan& plan, const VolumeNetworkKind& kind) {
  if (kind.classes != static_cast<int64_t>(plan.options.structures.size()) + 1) {
    throw Error("INVALID_ARGUMENT",
                "Expected as many structures as the network tells apart beside the background, " +
                    std::to_string(kind.classes - 1) + ", received " + std::to_string(plan.options.structures.size()),
                {}, "structures");
  }
  RunDescription description;
  description.kind = kind.kind;
  description.structure = plan.options.structures.front().name;
  description.architecture = kind.architecture;
  description.options = options_json(plan.options);
  auto cases = nlohmann::json::array();
  for (const VolumeCase& c : plan.cases) {
    description.patients.push_back({c.patient, c.validation});
    cases.push_back({c.patient, c.validation});
  }
  description.cases = cases.dump();
  return description;
}

History run_training(const VolumeTrainingPlan& plan, const VolumeNetworkKind& kind,
                     std::span<const VolumeScan> training, std::span<const VolumeScan> validation,
                     const TrainingDevice& device, Communicator& communicator,
                     const std::function<void(const std::string&)>& on_epoch, Run& run) {
  const RunDescription description = describe(plan, kind);
  check_run(plan.options, description);
  VolumeTask task(plan.options, kind, training, validation, device);
  return run_training(plan.options, description, task, communicator, on_epoch, run);
}

}  // namespace hepatica
