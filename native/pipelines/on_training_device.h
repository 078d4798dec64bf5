// Where a training computes: chosen as for every call, but without a place in the device's line, which it would hold
// for hours.
#pragma once

#include <functional>
#include <string>

#include "core/device_choice.h"
#include "core/run.h"
#include "runtime/device.h"
#include "training/loop/communicator.h"
#include "training/loop/history.h"
#include "training/loop/run_options.h"
#include "training/loop/training_device.h"

namespace hepatica {

// Called after every epoch on the computing thread with that epoch's record as JSON; must not block.
using EpochCallback = std::function<void(const std::string& epoch_json)>;

// Throws as choose_device does, and INVALID_ARGUMENT where the precision is none of the device's.
ComputeDevice choose_training_device(const DeviceChoice& choice, TrainingPrecision precision, Run& run);

TrainingDevice training_device(const ComputeDevice& device, TrainingPrecision precision);

using Train = std::function<History(const TrainingDevice& device, const EpochCallback& on_epoch)>;

// Where the GPU fails before an epoch is done and the choice was hepatica's, the CPU trains from the beginning, and the
// run is warned (GPU_NOT_USED). A training that has come further is worth more than that: it throws what failed, and
// goes on from its checkpoint where the caller says. So does one of several processes, which cannot begin anew alone.
History train_on(const ComputeDevice& device, const DeviceChoice& choice, TrainingPrecision precision,
                 const Communicator& communicator, const EpochCallback& on_epoch, Run& run, const Train& train);

}  // namespace hepatica
