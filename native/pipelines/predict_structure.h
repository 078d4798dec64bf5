// Preprocessing and the network on one device.
#pragma once

#include "core/run.h"
#include "core/volume.h"
#include "models/segmenter_model.h"
#include "runtime/device.h"
#include "runtime/precision.h"

namespace hepatica {

struct Prediction {
  ProbabilityMap probabilities;
  Precision precision = Precision::kFp32;
};

// `ct` lies in canonical orientation. The network computes on the device's thread, where the call waits for its turn;
// fills the run's progress up to 0.85. Throws UNSUPPORTED_PRECISION, and what a GPU throws as it is (see on_device).
Prediction predict_structure(const Volume& ct, const SegmenterModel& model, const ComputeDevice& device,
                             PrecisionChoice precision, Run& run);

}  // namespace hepatica
