// What a network's first call does beside its work, before that call: the device is chosen, its libraries are opened,
// and the weights are packed for it.
#pragma once

#include "core/device_choice.h"
#include "core/run.h"
#include "models/network_model.h"
#include "runtime/precision.h"

namespace hepatica {

// The device used and warnings are left in the run. Returns the precision that the
// choice stands for there. Throws WRONG_MODEL for a base, NO_CUDA_DEVICE, UNSUPPORTED_PRECISION, and CUDA_FAILED and
// CUDA_OUT_OF_MEMORY where a GPU was asked for.
Precision preload_model(const NetworkModel& model, const DeviceChoice& device_choice, PrecisionChoice choice, Run& run);

}  // namespace hepatica
