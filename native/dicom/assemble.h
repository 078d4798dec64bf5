// Decoding the frames of a plan into the voxels of a volume, in parallel, each straight to its place.
#pragma once

#include <cstdint>

#include "core/run.h"
#include "core/volume.h"
#include "dicom/order.h"
#include "dicom/rescale.h"

namespace hepatica::dicom {

struct Assembled {
  Volume volume;
  RescaleCounts counts;
};

Assembled assemble_volume(const SlicePlan& plan, Run& run);

// Whether two frames of the same size hold the same HU.
bool have_same_pixels(const FrameRef& a, const FrameRef& b, Run& run);

// The same for frames with the same HU. Throws Error CORRUPT_FILE.
uint64_t hash_of_pixels(const FrameRef& frame, Run& run);

}  // namespace hepatica::dicom
