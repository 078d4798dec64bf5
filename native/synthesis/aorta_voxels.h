// The aorta's voxels, followed from slice to slice from where it was found.
#pragma once

#include <vector>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

struct AortaVoxels {
  double median_hu = 0;
  // 0 to 1, order (z, y, x): how much of a voxel is aorta; empty where none was found.
  std::vector<float> cover;
};

AortaVoxels aorta_voxels(const Volume& volume, const Mask& liver, Run& run);

}  // namespace hepatica
