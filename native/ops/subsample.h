// Every n-th voxel along each axis: a coarse look at a volume that costs next to nothing.
#pragma once

#include <array>
#include <cstdint>

#include "core/volume.h"

namespace hepatica {

using Stride3 = std::array<int64_t, 3>;

// The strides (x, y, z) that come nearest to the spacing that is wanted; each at least 1.
Stride3 strides_to(const Vec3& wanted_mm, const Geometry& geometry);

// Voxels 0, n, 2n, … of each axis; the geometry says where they lie.
Volume subsample(const Volume& volume, const Stride3& stride);
ByteVolume subsample(const ByteVolume& volume, const Stride3& stride);

}  // namespace hepatica
