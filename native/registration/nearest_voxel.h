// Which voxel of a grid lies nearest to a place, LPS mm.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/geometry.h"
#include "registration/cell_picture.h"

namespace hepatica {

class NearestVoxel {
 public:
  explicit NearestVoxel(const Geometry& geometry) : geometry_(geometry), to_index_(index_from_mm(geometry)) {}

  // Its place in memory; none where the place lies beyond the outer voxels' outer edges.
  std::optional<size_t> at(const Vec3& position_mm) const {
    const Vec3& o = geometry_.origin_mm;
    int64_t offset = 0;
    for (size_t axis = 3; axis-- > 0;) {
      const double* row = to_index_.data() + axis * 3;
      const double index =
          row[0] * (position_mm[0] - o[0]) + row[1] * (position_mm[1] - o[1]) + row[2] * (position_mm[2] - o[2]);
      if (!(index > -0.5 && index < static_cast<double>(geometry_.size[axis]) - 0.5)) return std::nullopt;
      offset = offset * geometry_.size[axis] + std::llround(index);
    }
    return static_cast<size_t>(offset);
  }

 private:
  Geometry geometry_;
  Mat3 to_index_;
};

}  // namespace hepatica
