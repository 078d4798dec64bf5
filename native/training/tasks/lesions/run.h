// One training run of the lesion network, from the files to the weights.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/run.h"
#include "models/mdl_cnn/config.h"
#include "training/loop/communicator.h"
#include "training/loop/history.h"
#include "training/loop/training_device.h"
#include "training/tasks/lesions/plan.h"
#include "training/tasks/lesions/read_case.h"
#include "training/tasks/lesions/scan.h"
#include "training/tasks/lesions/start.h"

namespace hepatica {

// What must hold before data are read: patients apart, outputs writable.
void check_run(const LesionTrainingPlan& plan, const MdlCnnConfig& config);
void check_resume(const LesionTrainingPlan& plan, const MdlCnnConfig& config);

// Reads all cases of the plan whose `validation` is as given, one after the other.
std::vector<LesionSource> load_lesion_sources(const LesionTrainingPlan& plan, const CaseReader& reader, bool validation,
                                              const MdlCnnConfig& config, Run& run);

// Marked scans as they are, and the validation variants of the grounds, which depend on the seed alone.
std::vector<LesionScan> make_validation_scans(std::span<const LesionSource> sources, const MdlCnnConfig& config,
                                              const LesionTrainingOptions& options, Run& run);

History run_training(const LesionTrainingPlan& plan, const LesionStart& start, std::span<const LesionSource> training,
                     std::span<const LesionScan> validation, const TrainingDevice& device, Communicator& communicator,
                     const std::function<void(const std::string&)>& on_epoch, Run& run);

}  // namespace hepatica
