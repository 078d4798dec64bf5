// One training run from loaded data to the weights file: resume, train, checkpoint after every epoch, export.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "core/run.h"
#include "models/liver_cnn/config.h"
#include "training/grid_scan.h"
#include "training/history.h"
#include "training/plan.h"
#include "training/run_description.h"

namespace hepatica {

class TrainingTask;

// The default network with what the options' architecture says otherwise. Throws WRONG_MODEL as with_architecture does.
LiverCnnConfig training_config(const TrainingOptions& options);

RunDescription describe(const TrainingPlan& plan, const LiverCnnConfig& config);

// What must hold before data are read: patients apart, outputs writable.
void check_run(const TrainingRunOptions& options, const RunDescription& description);

// Whether the checkpoint that the options resume, if there is one, is this run's. Throws CORRUPT_CHECKPOINT and
// CHECKPOINT_MISMATCH.
void check_resume(const TrainingRunOptions& options, const RunDescription& description);

// `on_epoch` gets each epoch's record as JSON (epoch_json) once its checkpoint is written.
History run_training(const TrainingRunOptions& options, const RunDescription& description, TrainingTask& task,
                     const std::function<void(const std::string&)>& on_epoch, Run& run);

// The liver network's run.
History run_training(const TrainingPlan& plan, const LiverCnnConfig& config, std::span<const GridScan> training,
                     std::span<const GridScan> validation, const std::function<void(const std::string&)>& on_epoch,
                     Run& run);

}  // namespace hepatica
