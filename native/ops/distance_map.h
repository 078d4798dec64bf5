// Exact Euclidean distances on an anisotropic grid (Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled
// Functions", Theory of Computing 2012; 8: 415).
#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry.h"
#include "core/run.h"

namespace hepatica {

// Of every voxel the squared distance, mm², to the nearest voxel that is set; infinite where none is. Order (z, y, x).
std::vector<float> squared_distances(const std::vector<uint8_t>& set, const Size3& size, const Vec3& spacing_mm,
                                     Run& run);

}  // namespace hepatica
