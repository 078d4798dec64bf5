#include "ops/depth.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "ops/distance_map.h"

namespace hepatica {
namespace {

// Most lesions lie nearer to the surface.
constexpr double kFirstMarginMm = 10;

bool is_surface(const Mask& mask, int64_t x, int64_t y, int64_t z) {
  const auto [width, height, slices] = mask.geometry.size;
  const int64_t pixels = width * height;
  const uint8_t* voxel = mask.voxels.data() + z * pixels + y * width + x;
  if (!*voxel) return false;
  return (x > 0 && !voxel[-1]) || (x + 1 < width && !voxel[1]) || (y > 0 && !voxel[-width]) ||
         (y + 1 < height && !voxel[width]) || (z > 0 && !voxel[-pixels]) || (z + 1 < slices && !voxel[pixels]);
}

Size3 size_of(const BoundingBox& box) {
  return {box.max[0] - box.min[0] + 1, box.max[1] - box.min[1] + 1, box.max[2] - box.min[2] + 1};
}

// Calls `visit(x, y, z)` in the order of memory.
template <class Visit>
void for_each_voxel(const BoundingBox& box, Visit&& visit) {
  for (int64_t z = box.min[2]; z <= box.max[2]; ++z) {
    for (int64_t y = box.min[1]; y <= box.max[1]; ++y) {
      for (int64_t x = box.min[0]; x <= box.max[0]; ++x) visit(x, y, z);
    }
  }
}

bool reaches_surface(const Mask& whole, const Mask& parts, uint8_t id, const BoundingBox& box) {
  for (int64_t z = box.min[2]; z <= box.max[2]; ++z) {
    for (int64_t y = box.min[1]; y <= box.max[1]; ++y) {
      const uint8_t* row = parts.slice(z) + y * parts.geometry.size[0];
      for (int64_t x = box.min[0]; x <= box.max[0]; ++x) {
        if (row[x] == id && is_surface(whole, x, y, z)) return true;
      }
    }
  }
  return false;
}

// Infinite where no surface lies in `near`.
double depth_within(const Mask& whole, const Mask& parts, uint8_t id, const BoundingBox& near, Run& run) {
  std::vector<uint8_t> surface;
  for_each_voxel(near, [&](int64_t x, int64_t y, int64_t z) { surface.push_back(is_surface(whole, x, y, z) ? 1 : 0); });
  const std::vector<float> squares = squared_distances(surface, size_of(near), whole.geometry.spacing_mm, run);
  float least = std::numeric_limits<float>::infinity();
  const float* square = squares.data();
  for_each_voxel(near, [&](int64_t x, int64_t y, int64_t z) {
    if (parts.slice(z)[y * parts.geometry.size[0] + x] == id) least = std::min(least, *square);
    ++square;
  });
  return std::sqrt(static_cast<double>(least));
}

}  // namespace

std::optional<double> depth_mm(const Mask& whole, const Mask& parts, uint8_t id, const BoundingBox& box, Run& run) {
  if (reaches_surface(whole, parts, id, box)) return 0;
  const BoundingBox everything = {{0, 0, 0},
                                  {whole.geometry.size[0] - 1, whole.geometry.size[1] - 1, whole.geometry.size[2] - 1}};
  for (double margin_mm = kFirstMarginMm;;) {
    const BoundingBox near = widened(box, {margin_mm, margin_mm, margin_mm}, whole.geometry);
    const double depth = depth_within(whole, parts, id, near, run);
    if (depth <= margin_mm) return depth;
    if (near == everything) return std::isfinite(depth) ? std::optional(depth) : std::nullopt;
    // What lies beyond the margin may be nearer than what was found farther away in a corner of it.
    margin_mm = std::isfinite(depth) ? depth : 2 * margin_mm;
  }
}

}  // namespace hepatica
