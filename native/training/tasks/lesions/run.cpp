#include "training/tasks/lesions/run.h"

#include "models/lesion_model.h"
#include "training/loop/run_description.h"
#include "training/loop/training_run.h"
#include "training/tasks/lesions/task.h"

namespace hepatica {
namespace {

RunDescription describe(const LesionTrainingPlan& plan, const MdlCnnConfig& config) {
  RunDescription description;
  description.kind = LesionModel::kKind;
  description.structure = "liver";
  description.architecture = config.to_json();
  description.options = options_json(plan.options);
  description.classes = lesion_class_codes();
  description.cases = cases_json(plan.cases);
  for (const LesionCase& c : plan.cases) description.patients.push_back({c.patient, c.validation});
  return description;
}

}  // namespace

void check_run(const LesionTrainingPlan& plan, const MdlCnnConfig& config) {
  check_run(plan.options, describe(plan, config));
}

void check_resume(const LesionTrainingPlan& plan, const MdlCnnConfig& config) {
  check_resume(plan.options, describe(plan, config));
}

History run_training(const LesionTrainingPlan& plan, const LesionStart& start, const LesionTrainingScans& training,
                     std::span<const LesionScan> validation, const TrainingDevice& device, Communicator& communicator,
                     const std::function<void(const std::string&)>& on_epoch, Run& run) {
  LesionTask task(plan.options, start, training, validation, device);
  return run_training(plan.options, describe(plan, start.config), task, communicator, on_epoch, run);
}

}  // namespace hepatica
