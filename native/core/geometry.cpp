#include "core/geometry.h"

#include <cmath>

namespace hepatica {

double Geometry::voxel_volume_ml() const {
  const Mat3& d = direction;
  const double det =
      d[0] * (d[4] * d[8] - d[5] * d[7]) - d[1] * (d[3] * d[8] - d[5] * d[6]) + d[2] * (d[3] * d[7] - d[4] * d[6]);
  return std::abs(det) * spacing_mm[0] * spacing_mm[1] * spacing_mm[2] / 1000.0;
}

Vec3 Geometry::position_mm(const Vec3& index) const {
  Vec3 position = origin_mm;
  for (int row = 0; row < 3; ++row) {
    for (int axis = 0; axis < 3; ++axis) {
      position[row] += direction[3 * row + axis] * spacing_mm[axis] * index[axis];
    }
  }
  return position;
}

}  // namespace hepatica
