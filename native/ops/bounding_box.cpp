#include "ops/bounding_box.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace hepatica {
namespace {

bool any_set(const uint8_t* voxels, int64_t count) {
  return count > 0 && (voxels[0] != 0 || std::memcmp(voxels, voxels + 1, static_cast<size_t>(count - 1)) != 0);
}

std::optional<BoundingBox> box_of(const uint8_t* voxels, const Size3& size) {
  BoundingBox box{size, {-1, -1, -1}};
  for (int64_t row = 0; row < size[1] * size[2]; ++row, voxels += size[0]) {
    if (!any_set(voxels, size[0])) continue;
    int64_t first = 0;
    while (voxels[first] == 0) ++first;
    int64_t last = size[0] - 1;
    while (voxels[last] == 0) --last;
    const int64_t y = row % size[1];
    const int64_t z = row / size[1];
    box.min = {std::min(box.min[0], first), std::min(box.min[1], y), std::min(box.min[2], z)};
    box.max = {std::max(box.max[0], last), std::max(box.max[1], y), std::max(box.max[2], z)};
  }
  if (box.max[2] < 0) return std::nullopt;
  return box;
}

}  // namespace

std::optional<BoundingBox> bounding_box(const Mask& mask) { return box_of(mask.voxels.data(), mask.geometry.size); }

std::optional<BoundingBox> bounding_box(const uint8_t* slice, int64_t width, int64_t height) {
  return box_of(slice, {width, height, 1});
}

BoundingBox widened(const BoundingBox& box, const Vec3& margin_mm, const Geometry& geometry) {
  BoundingBox wide;
  for (size_t axis = 0; axis < 3; ++axis) {
    // Voxels may be as small as a file says.
    const double voxels = std::ceil(margin_mm[axis] / geometry.spacing_mm[axis]);
    const auto margin = static_cast<int64_t>(std::min(voxels, static_cast<double>(geometry.size[axis])));
    wide.min[axis] = std::max<int64_t>(0, box.min[axis] - margin);
    wide.max[axis] = std::min(geometry.size[axis] - 1, box.max[axis] + margin);
  }
  return wide;
}

int64_t count_voxels(const Mask& mask) {
  return mask.geometry.voxel_count() - std::count(mask.voxels.begin(), mask.voxels.end(), uint8_t{0});
}

double volume_ml(const Mask& mask) { return static_cast<double>(count_voxels(mask)) * mask.geometry.voxel_volume_ml(); }

std::vector<int64_t> occupied_slices(const Mask& mask) {
  std::vector<int64_t> slices;
  for (int64_t z = 0; z < mask.geometry.slice_count(); ++z) {
    if (any_set(mask.slice(z), mask.geometry.slice_pixels())) slices.push_back(z);
  }
  return slices;
}

}  // namespace hepatica
