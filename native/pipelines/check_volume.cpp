#include "pipelines/check_volume.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>

#include "core/error.h"

namespace hepatica {

void check_volume(const Volume& volume) {
  const Geometry& geometry = volume.geometry;
  const auto refuse = [](const std::string& field, const std::string& expected) {
    throw Error("INVALID_ARGUMENT", "Expected " + expected, {}, field, "Pass a volume as hepatica reads it");
  };
  for (int axis = 0; axis < 3; ++axis) {
    if (geometry.size[axis] < 1 || geometry.size[axis] > 65535) refuse("size", "size to be 1 to 65535 voxels an axis");
    const double spacing_mm = geometry.spacing_mm[axis];
    if (!(spacing_mm > 0 && std::isfinite(spacing_mm))) refuse("spacing", "spacing to be three positive numbers");
  }
  const size_t voxels = std::visit([](const auto& hu) { return hu.size(); }, volume.hu);
  if (voxels != static_cast<size_t>(geometry.voxel_count())) refuse("data", "data to hold one value a voxel of size");
}

void warn_of_few_slices(const Geometry& geometry, const std::vector<double>& context_mm, Run& run) {
  const auto [low, high] = std::minmax_element(context_mm.begin(), context_mm.end());
  const double extent_mm = static_cast<double>(geometry.size[2] - 1) * geometry.spacing_mm[2];
  if (extent_mm >= *high - *low) return;
  run.warn("FEW_SLICES", "The " + std::to_string(geometry.size[2]) +
                             " slices span less than the network looks at along z: the result is less sure");
}

}  // namespace hepatica
