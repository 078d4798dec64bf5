#include "ops/surface_distance.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/parallel.h"
#include "ops/bounding_box.h"
#include "ops/distance_map.h"

namespace hepatica {
namespace {

// The part of the grid that holds both masks: no distance between their surfaces needs more of it.
struct Part {
  Size3 min;
  Size3 size;

  int64_t voxels() const { return size[0] * size[1] * size[2]; }
};

Part common_part(const BoundingBox& a, const BoundingBox& b) {
  Part part;
  for (size_t axis = 0; axis < 3; ++axis) {
    part.min[axis] = std::min(a.min[axis], b.min[axis]);
    part.size[axis] = std::max(a.max[axis], b.max[axis]) - part.min[axis] + 1;
  }
  return part;
}

bool is_surface(const Mask& mask, int64_t x, int64_t y, int64_t z) {
  const auto [width, height, slices] = mask.geometry.size;
  const uint8_t* voxel = mask.slice(z) + y * width + x;
  if (!*voxel) return false;
  if (x == 0 || y == 0 || z == 0 || x == width - 1 || y == height - 1 || z == slices - 1) return true;
  const int64_t pixels = width * height;
  return !voxel[-1] || !voxel[1] || !voxel[-width] || !voxel[width] || !voxel[-pixels] || !voxel[pixels];
}

std::vector<uint8_t> surface_of(const Mask& mask, const Part& part, Run& run) {
  std::vector<uint8_t> surface(static_cast<size_t>(part.voxels()));
  const auto [width, height, slices] = part.size;
  parallel_for(slices, run, [&](int64_t z) {
    uint8_t* out = surface.data() + z * width * height;
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        *out++ = is_surface(mask, part.min[0] + x, part.min[1] + y, part.min[2] + z);
      }
    }
  });
  return surface;
}

std::vector<float> distances_between(const std::vector<uint8_t>& from, const std::vector<uint8_t>& to, const Part& part,
                                     const Vec3& spacing_mm, Run& run) {
  const std::vector<float> squares = squared_distances(to, part.size, spacing_mm, run);
  std::vector<float> distances_mm;
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i]) distances_mm.push_back(std::sqrt(squares[i]));
  }
  return distances_mm;
}

double percentile(std::vector<float>& values, double part) {
  const double rank = part * static_cast<double>(values.size() - 1);
  const auto below = values.begin() + static_cast<int64_t>(rank);
  std::nth_element(values.begin(), below, values.end());
  const auto low = static_cast<double>(*below);
  if (below + 1 == values.end()) return low;
  const auto high = static_cast<double>(*std::min_element(below + 1, values.end()));
  return low + (high - low) * (rank - std::floor(rank));
}

int64_t count_within(const std::vector<float>& distances_mm, double tolerance_mm) {
  // Sums of squared spacings round: what lies at the tolerance lies within it.
  const double limit = tolerance_mm * (1 + 1e-6);
  return std::count_if(distances_mm.begin(), distances_mm.end(),
                       [&](float distance) { return static_cast<double>(distance) <= limit; });
}

}  // namespace

SurfaceAgreement compare_surfaces(const Mask& prediction, const Mask& reference, double tolerance_mm, Run& run) {
  const std::optional<BoundingBox> predicted = bounding_box(prediction);
  const std::optional<BoundingBox> expected = bounding_box(reference);
  if (!predicted && !expected) return {0, 1};
  if (!predicted || !expected) return {std::nullopt, 0};
  const Part part = common_part(*predicted, *expected);
  const Vec3& spacing_mm = prediction.geometry.spacing_mm;
  const std::vector<uint8_t> a = surface_of(prediction, part, run);
  const std::vector<uint8_t> b = surface_of(reference, part, run);
  std::vector<float> a_to_b = distances_between(a, b, part, spacing_mm, run);
  std::vector<float> b_to_a = distances_between(b, a, part, spacing_mm, run);
  const int64_t near = count_within(a_to_b, tolerance_mm) + count_within(b_to_a, tolerance_mm);
  return {std::max(percentile(a_to_b, 0.95), percentile(b_to_a, 0.95)),
          static_cast<double>(near) / static_cast<double>(a_to_b.size() + b_to_a.size())};
}

}  // namespace hepatica
