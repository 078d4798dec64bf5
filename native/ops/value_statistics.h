// What values a CT volume holds: enough to see that they are no Hounsfield units.
#pragma once

#include <cstdint>
#include <vector>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

// Values that are not finite are left out of all.
struct ValueStatistics {
  // Of all voxels; 0 where there is no finite value.
  double minimum = 0;
  double maximum = 0;
  // Of every fourth row, rounded to whole HU and clamped to 16 bits: how many different values there are, and the
  // shares of the voxels that lie exactly at the minimum and at the maximum, in [-150, 250] (soft tissue and fat) and
  // above 700 HU (dense bone, metal).
  int64_t distinct = 0;
  double at_minimum = 0;
  double at_maximum = 0;
  double soft_tissue = 0;
  double dense = 0;
  // z indices of the slices whose voxels all have the same value.
  std::vector<int64_t> blank_slices;
};

ValueStatistics value_statistics(const Volume& volume, Run& run);

}  // namespace hepatica
