// How large a mask is and where it lies.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/volume.h"

namespace hepatica {

// First and last voxel (x, y, z) inside.
struct BoundingBox {
  Size3 min = {0, 0, 0};
  Size3 max = {0, 0, 0};

  bool operator==(const BoundingBox&) const = default;
};

// Empty where no voxel is set.
std::optional<BoundingBox> bounding_box(const Mask& mask);
// Of one slice: z is 0.
std::optional<BoundingBox> bounding_box(const uint8_t* slice, int64_t width, int64_t height);

// By so many mm along x, y and z, rounded up to whole voxels, as far as the grid reaches.
BoundingBox widened(const BoundingBox& box, const Vec3& margin_mm, const Geometry& geometry);

int64_t count_voxels(const Mask& mask);
double volume_ml(const Mask& mask);

// z indices with at least one voxel set, ascending.
std::vector<int64_t> occupied_slices(const Mask& mask);

}  // namespace hepatica
