#include "core/geometry.h"

#include <algorithm>
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

std::array<int, 3> nearest_patient_axes(const Mat3& direction) {
  std::array<int, 3> axes = {0, 1, 2};
  std::array<int, 3> nearest = axes;
  double largest = -1;
  do {
    double sum = 0;
    for (int axis = 0; axis < 3; ++axis) sum += std::abs(direction[3 * axes[axis] + axis]);
    if (sum <= largest) continue;
    largest = sum;
    nearest = axes;
  } while (std::next_permutation(axes.begin(), axes.end()));
  return nearest;
}

}  // namespace hepatica
