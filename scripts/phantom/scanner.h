// Turns the anatomy into a CT volume as a scanner would: thick slices, a point spread, correlated noise.
#pragma once

#include <cstdint>

#include "anatomy.h"
#include "core/run.h"
#include "core/volume.h"

namespace hepatica::phantom {

struct Scan {
  Volume volume;
  Mask liver;    // 1 inside, lesions included
  Mask lesions;  // 1 + index in lesions()
  Mask organs;   // 1 spleen, 2 kidneys
};

// The same seed gives the same voxels, whatever the number of threads.
Scan scan_phantom(uint64_t seed, Run& run);

}  // namespace hepatica::phantom
