// A training run of any task, from its drawn data to the weights file: resume, train, checkpoint after every epoch,
// export.
#pragma once

#include <functional>
#include <string>

#include "core/run.h"
#include "training/loop/history.h"
#include "training/loop/run_description.h"
#include "training/loop/run_options.h"

namespace hepatica {

class Communicator;
class TrainingTask;

// What must hold before data are read: patients apart, outputs writable.
void check_run(const TrainingRunOptions& options, const RunDescription& description);

// Whether the checkpoint that the options resume, if there is one, is this run's. Throws CORRUPT_CHECKPOINT and
// CHECKPOINT_MISMATCH.
void check_resume(const TrainingRunOptions& options, const RunDescription& description);

// `on_epoch` gets each epoch's record as JSON (epoch_json) once its checkpoint is written. The first process writes,
// and tells of epochs; all read the checkpoint that they go on from.
History run_training(const TrainingRunOptions& options, const RunDescription& description, TrainingTask& task,
                     Communicator& communicator, const std::function<void(const std::string&)>& on_epoch, Run& run);

}  // namespace hepatica
