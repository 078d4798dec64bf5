// HU at any place of a scan, LPS mm: linear between voxels' centres.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "core/volume.h"
#include "registration/cell_picture.h"

namespace hepatica {

// Keeps a reference.
class LinearSampler {
 public:
  explicit LinearSampler(const Volume& volume) : volume_(volume), to_index_(index_from_mm(volume.geometry)) {}

  // None beyond the outer voxels' outer edges, within which the outer voxel counts.
  std::optional<double> at(const Vec3& position_mm) const {
    const Geometry& geometry = volume_.geometry;
    const Vec3& o = geometry.origin_mm;
    std::array<int64_t, 3> low;
    std::array<int64_t, 3> high;
    Vec3 part;
    for (size_t axis = 0; axis < 3; ++axis) {
      const double* row = to_index_.data() + axis * 3;
      const double index =
          row[0] * (position_mm[0] - o[0]) + row[1] * (position_mm[1] - o[1]) + row[2] * (position_mm[2] - o[2]);
      const int64_t last = geometry.size[axis] - 1;
      if (!(index >= -0.5 && index <= static_cast<double>(last) + 0.5)) return std::nullopt;
      const double inside = std::clamp(index, 0.0, static_cast<double>(last));
      low[axis] = static_cast<int64_t>(inside);
      high[axis] = std::min(low[axis] + 1, last);
      part[axis] = inside - static_cast<double>(low[axis]);
    }
    return std::visit([&](const auto& hu) { return mix(hu, low, high, part); }, volume_.hu);
  }

 private:
  template <class Hu>
  double mix(const Hu& hu, const std::array<int64_t, 3>& low, const std::array<int64_t, 3>& high,
             const Vec3& part) const {
    const Size3& size = volume_.geometry.size;
    const auto along_x = [&](int64_t y, int64_t z) {
      const int64_t row = (z * size[1] + y) * size[0];
      const auto a = static_cast<double>(hu[static_cast<size_t>(row + low[0])]);
      const auto b = static_cast<double>(hu[static_cast<size_t>(row + high[0])]);
      return std::lerp(a, b, part[0]);
    };
    const auto in_slice = [&](int64_t z) { return std::lerp(along_x(low[1], z), along_x(high[1], z), part[1]); };
    return std::lerp(in_slice(low[2]), in_slice(high[2]), part[2]);
  }

  const Volume& volume_;
  Mat3 to_index_;
};

}  // namespace hepatica
