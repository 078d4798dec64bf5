// Preprocessing and the network's passes, on the device that the run asks for.
#pragma once

#include "core/run.h"
#include "core/volume.h"
#include "models/segmenter_model.h"
#include "runtime/precision.h"

namespace hepatica {

struct Prediction {
  ProbabilityMap probabilities;
  Precision precision = Precision::kFp32;
};

// `ct` lies in canonical orientation. The network computes on the device's inference thread, where the call waits for
// its turn; fills the run's progress up to 0.85.
Prediction predict_structure(const Volume& ct, const SegmenterModel& model, PrecisionChoice precision, Run& run);

}  // namespace hepatica
