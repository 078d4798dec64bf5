// One training run of the lesion network, from the files to the weights.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "core/run.h"
#include "models/mdl_cnn/config.h"
#include "training/loop/communicator.h"
#include "training/loop/history.h"
#include "training/loop/training_device.h"
#include "training/tasks/lesions/plan.h"
#include "training/tasks/lesions/prepare.h"
#include "training/tasks/lesions/start.h"

namespace hepatica {

// What must hold before data are read: patients apart, outputs writable.
void check_run(const LesionTrainingPlan& plan, const MdlCnnConfig& config);
void check_resume(const LesionTrainingPlan& plan, const MdlCnnConfig& config);

History run_training(const LesionTrainingPlan& plan, const LesionStart& start, const LesionTrainingScans& training,
                     std::span<const LesionScan> validation, const TrainingDevice& device, Communicator& communicator,
                     const std::function<void(const std::string&)>& on_epoch, Run& run);

}  // namespace hepatica
