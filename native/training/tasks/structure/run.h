// A structure's training run, from the files to the weights.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "core/run.h"
#include "models/liver_cnn/config.h"
#include "training/loop/communicator.h"
#include "training/loop/history.h"
#include "training/loop/run_description.h"
#include "training/loop/training_device.h"
#include "training/tasks/structure/grid_scan.h"
#include "training/tasks/structure/plan.h"

namespace hepatica {

// The default network with what the options' architecture says otherwise. Throws WRONG_MODEL as with_architecture does.
LiverCnnConfig training_config(const StructureTrainingOptions& options);

RunDescription describe(const StructureTrainingPlan& plan, const LiverCnnConfig& config);

// `on_epoch` gets each epoch's record as JSON (epoch_json) once its checkpoint is written.
History run_training(const StructureTrainingPlan& plan, const LiverCnnConfig& config,
                     std::span<const GridScan> training, std::span<const GridScan> validation,
                     const TrainingDevice& device, Communicator& communicator,
                     const std::function<void(const std::string&)>& on_epoch, Run& run);

}  // namespace hepatica
