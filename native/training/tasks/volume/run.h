// A 3-D segmenter's training run, from the scans to the weights.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "core/run.h"
#include "training/loop/communicator.h"
#include "training/loop/history.h"
#include "training/loop/run_description.h"
#include "training/loop/training_device.h"
#include "training/tasks/volume/network.h"
#include "training/tasks/volume/plan.h"
#include "training/tasks/volume/volume_scan.h"

namespace hepatica {

// Throws INVALID_ARGUMENT where the plan names a structure that the network does not know.
RunDescription describe(const VolumeTrainingPlan& plan, const VolumeNetworkKind& kind);

// `on_epoch` gets each epoch's record as JSON (epoch_json) once its checkpoint is written.
History run_training(const VolumeTrainingPlan& plan, const VolumeNetworkKind& kind,
                     std::span<const VolumeScan> training, std::span<const VolumeScan> validation,
                     const TrainingDevice& device, Communicator& communicator,
                     const std::function<void(const std::string&)>& on_epoch, Run& run);

}  // namespace hepatica
