#include "training/tasks/structure/run.h"

#include <nlohmann/json.hpp>

#include "training/loop/architecture.h"
#include "training/loop/training_run.h"
#include "training/tasks/structure/task.h"

namespace hepatica {

LiverCnnConfig training_config(const StructureTrainingOptions& options) {
  return with_architecture(LiverCnnConfig{}, options.architecture);
}

RunDescription describe(const StructureTrainingPlan& plan, const LiverCnnConfig& config) {
  RunDescription description;
  description.kind = "liver_cnn";
  description.structure = plan.options.structure;
  description.architecture = config.to_json();
  description.options = options_json(plan.options);
  auto cases = nlohmann::json::array();
  for (const StructureCase& c : plan.cases) {
    description.patients.push_back({c.patient, c.validation});
    cases.push_back({c.patient, c.validation, c.label_values});
    // Runs without segments are those that they were before there were any.
    if (!c.label_segments.empty()) cases.back().push_back(c.label_segments);
  }
  description.cases = cases.dump();
  return description;
}

History run_training(const StructureTrainingPlan& plan, const LiverCnnConfig& config,
                     std::span<const GridScan> training, std::span<const GridScan> validation,
                     const TrainingDevice& device, Communicator& communicator,
                     const std::function<void(const std::string&)>& on_epoch, Run& run) {
  RunDescription description = describe(plan, config);
  check_run(plan.options, description);
  StructureTask task(plan.options, config, training, validation, device, run);
  if (const auto& fixed = task.fixed_postprocessing()) description.postprocessing = fixed->to_json();
  return run_training(plan.options, description, task, communicator, on_epoch, run);
}

}  // namespace hepatica
