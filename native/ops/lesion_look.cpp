#include "ops/lesion_look.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "ops/distance_map.h"

namespace hepatica {
namespace {

// Organ so far from the outline is what the lesion is compared with: beyond what its edge blurs.
constexpr float kShellFromMm = 3;
constexpr double kShellToMm = 10;
// The core lies so deep, or half as deep as the lesion is where that is less.
constexpr float kCoreMm = 3;
constexpr float kEdgeMm = 1.5;
// Of the depth's steepness, which is 1 where the nearest outline is one.
constexpr double kLeastInwards = 0.1;
// Of what differs less the edge is noise.
constexpr double kLeastContrastHu = 5;

bool is_lesion(Tissue tissue) { return tissue == Tissue::kLesion; }

// Area, mm², of the faces between the lesion's voxels and others; what ends at the crop's side ends there.
double faces_mm2(const LesionCrop& crop) {
  const auto [width, height, slices] = crop.size;
  const std::array<int64_t, 3> step = {1, width, width * height};
  const Vec3& mm = crop.spacing_mm;
  const Vec3 face = {mm[1] * mm[2], mm[0] * mm[2], mm[0] * mm[1]};
  double sum = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(crop.tissue.size()); ++i) {
    if (!is_lesion(crop.tissue[i])) continue;
    const Size3 at = {i % width, i / width % height, i / (width * height)};
    for (size_t axis = 0; axis < 3; ++axis) {
      if (at[axis] == 0 || !is_lesion(crop.tissue[i - step[axis]])) sum += face[axis];
      if (at[axis] + 1 == crop.size[axis] || !is_lesion(crop.tissue[i + step[axis]])) sum += face[axis];
    }
  }
  return sum;
}

double sphericity_of(const LesionCrop& crop) {
  const auto voxels = static_cast<double>(std::count_if(crop.tissue.begin(), crop.tissue.end(), is_lesion));
  const double mm3 = voxels * crop.spacing_mm[0] * crop.spacing_mm[1] * crop.spacing_mm[2];
  return std::cbrt(std::numbers::pi * 36 * mm3 * mm3) / (faces_mm2(crop) * 2 / 3);
}

// Squared distances within each slice; infinite in one that has nothing set.
std::vector<float> squares_in_slices(const std::vector<uint8_t>& set, const LesionCrop& crop, Run& run) {
  const int64_t pixels = crop.size[0] * crop.size[1];
  std::vector<float> squares;
  squares.reserve(set.size());
  for (int64_t z = 0; z < crop.size[2]; ++z) {
    const std::vector<uint8_t> slice(set.begin() + z * pixels, set.begin() + (z + 1) * pixels);
    const std::vector<float> found = squared_distances(slice, {crop.size[0], crop.size[1], 1}, crop.spacing_mm, run);
    squares.insert(squares.end(), found.begin(), found.end());
  }
  return squares;
}

// How deep a voxel lies below the lesion's outline within its slice, mm; negative outside.
std::vector<float> depths_mm(const LesionCrop& crop, Run& run) {
  std::vector<uint8_t> set(crop.tissue.size());
  std::transform(crop.tissue.begin(), crop.tissue.end(), set.begin(), is_lesion);
  const std::vector<float> to_lesion = squares_in_slices(set, crop, run);
  std::transform(set.begin(), set.end(), set.begin(), std::logical_not<>());
  std::vector<float> depths = squares_in_slices(set, crop, run);
  const auto half_pixel = static_cast<float>((crop.spacing_mm[0] + crop.spacing_mm[1]) / 4);
  for (size_t i = 0; i < depths.size(); ++i) {
    depths[i] = set[i] == 0 ? std::sqrt(depths[i]) - half_pixel : half_pixel - std::sqrt(to_lesion[i]);
  }
  return depths;
}

// Core less organ, HU.
std::optional<double> contrast_hu(const LesionCrop& crop, const std::vector<float>& depths) {
  float deepest = -std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < depths.size(); ++i) {
    if (is_lesion(crop.tissue[i])) deepest = std::max(deepest, depths[i]);
  }
  const float core_from = std::min(kCoreMm, deepest / 2);
  double sum = 0;
  int64_t core = 0;
  std::vector<float> shell;
  for (size_t i = 0; i < depths.size(); ++i) {
    if (!std::isfinite(crop.hu[i])) continue;
    if (is_lesion(crop.tissue[i]) && depths[i] >= core_from) {
      sum += static_cast<double>(crop.hu[i]);
      ++core;
    } else if (crop.tissue[i] == Tissue::kOrgan && -depths[i] >= kShellFromMm && -depths[i] <= kShellToMm) {
      shell.push_back(crop.hu[i]);
    }
  }
  if (core == 0 || shell.empty()) return std::nullopt;
  const auto middle = shell.begin() + static_cast<int64_t>(shell.size() / 2);
  std::nth_element(shell.begin(), middle, shell.end());
  return sum / static_cast<double>(core) - static_cast<double>(*middle);
}

// HU/mm inwards, by central differences, where all four neighbours are lesion or organ.
std::optional<double> edge_slope(const LesionCrop& crop, const std::vector<float>& depths) {
  const auto [width, height, slices] = crop.size;
  const Vec3& mm = crop.spacing_mm;
  const auto along = [](const std::vector<float>& values, int64_t from, int64_t to, double step_mm) {
    return (static_cast<double>(values[to]) - static_cast<double>(values[from])) / (2 * step_mm);
  };
  double sum = 0;
  int64_t count = 0;
  for (int64_t row = 0; row < height * slices; ++row) {
    if (row % height == 0 || row % height == height - 1) continue;
    for (int64_t i = row * width + 1; i < (row + 1) * width - 1; ++i) {
      const std::array<int64_t, 4> around = {i - 1, i + 1, i - width, i + width};
      const bool is_edge = std::abs(depths[i]) <= kEdgeMm && std::all_of(around.begin(), around.end(), [&](int64_t at) {
                             return crop.tissue[at] != Tissue::kOther && std::isfinite(crop.hu[at]);
                           });
      if (!is_edge) continue;
      const double inwards_x = along(depths, i - 1, i + 1, mm[0]);
      const double inwards_y = along(depths, i - width, i + width, mm[1]);
      const double length = std::hypot(inwards_x, inwards_y);
      // A ridge: it is no steeper to either side.
      if (length < kLeastInwards) continue;
      const double slope_x = along(crop.hu, i - 1, i + 1, mm[0]);
      const double slope_y = along(crop.hu, i - width, i + width, mm[1]);
      sum += (slope_x * inwards_x + slope_y * inwards_y) / length;
      ++count;
    }
  }
  return count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
}

std::optional<double> sharpness_of(const LesionCrop& crop, Run& run) {
  const std::vector<float> depths = depths_mm(crop, run);
  const auto contrast = contrast_hu(crop, depths);
  const auto slope = edge_slope(crop, depths);
  if (!contrast || !slope) return std::nullopt;
  return *slope / std::copysign(std::max(std::abs(*contrast), kLeastContrastHu), *contrast);
}

}  // namespace

BoundingBox surroundings_of(const BoundingBox& lesion, const Geometry& geometry) {
  const Vec3& mm = geometry.spacing_mm;
  return widened(lesion, {kShellToMm + mm[0], kShellToMm + mm[1], 0}, geometry);
}

LesionMorphology look_of(const LesionCrop& crop, Run& run) { return {sphericity_of(crop), sharpness_of(crop, run)}; }

}  // namespace hepatica
