// One training run from loaded scans to the weights file: resume, train, checkpoint after every epoch, export.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "core/run.h"
#include "models/liver_cnn/config.h"
#include "training/grid_scan.h"
#include "training/history.h"
#include "training/plan.h"

namespace hepatica {

// The network that the options describe. Throws INVALID_ARGUMENT.
LiverCnnConfig training_config(const TrainingOptions& options);

// `on_epoch` gets each epoch's record as JSON (epoch_json) once its checkpoint is written.
History run_training(const TrainingPlan& plan, const LiverCnnConfig& config, std::span<const GridScan> training,
                     std::span<const GridScan> validation, const std::function<void(const std::string&)>& on_epoch,
                     Run& run);

}  // namespace hepatica
