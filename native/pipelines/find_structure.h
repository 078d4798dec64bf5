// Where a structure is in a scan, by a network of either kind, on one device.
#pragma once

#include <memory>

#include "core/run.h"
#include "core/volume.h"
#include "models/encoder3d/encoded_crop.h"
#include "models/structure_model.h"
#include "runtime/device.h"
#include "runtime/precision.h"

namespace hepatica {

struct FoundStructure {
  // 1 above the model's threshold, 0 elsewhere; canonical orientation.
  Mask above;
  Precision precision = Precision::kFp32;
  // What a 3-D network saw at once; null otherwise.
  std::shared_ptr<EncodedCrop> crop;
};

// `keep_features`: of a 3-D network's encoder, in the crop. The network computes on the device's thread, where the call
// waits for its turn; fills the run's progress up to 0.9. Throws UNSUPPORTED_PRECISION, and what a GPU throws as it is
// (see on_device).
FoundStructure find_structure(const Volume& source, const StructureModel& model, const ComputeDevice& device,
                              PrecisionChoice precision, bool keep_features, Run& run);

}  // namespace hepatica
