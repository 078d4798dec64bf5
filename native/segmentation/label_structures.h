// All structures that the 3-D network knows, in the whole scan.
#pragma once

#include <cstdint>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "grid/canonical_slices.h"
#include "models/encoder3d/inference.h"

namespace hepatica {

// At each voxel in canonical orientation, the likeliest of the network's `classes` (of which 0 is nothing); 0 outside
// the body. Windows along z bound the memory. Call it on the inference thread; reports the run's progress.
Mask label_structures(const CanonicalSlices& source, const std::vector<int64_t>& classes,
                      const Encoder3dInference& network, Run& run);

}  // namespace hepatica
