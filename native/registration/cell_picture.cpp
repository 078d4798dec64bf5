#include "registration/cell_picture.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <variant>

#include "core/parallel.h"
#include "core/vec3.h"

namespace hepatica {
namespace {

template <class Hu>
void average(const std::vector<Hu>& hu, const Size3& size, const Size3& factors, const Size3& cells,
             std::vector<float>& values, Run& run) {
  const float share = 1.0F / static_cast<float>(factors[0] * factors[1] * factors[2]);
  parallel_for(cells[2], run, [&](int64_t z) {
    float* plane = values.data() + z * cells[0] * cells[1];
    for (int64_t source_z = z * factors[2]; source_z < (z + 1) * factors[2]; ++source_z) {
      for (int64_t y = 0; y < cells[1] * factors[1]; ++y) {
        const Hu* row = hu.data() + (source_z * size[1] + y) * size[0];
        float* out = plane + y / factors[1] * cells[0];
        for (int64_t x = 0; x < cells[0] * factors[0]; ++x) {
          // In this order what is no number becomes the lowest.
          out[x / factors[0]] += share * std::min(std::max(kDarkestHu, static_cast<float>(row[x])), kBrightestHu);
        }
      }
    }
  });
}

}  // namespace

Size3 cell_factors(const Geometry& geometry, double cell_mm) {
  Size3 factors;
  for (size_t axis = 0; axis < 3; ++axis) {
    const auto voxels = static_cast<int64_t>(std::lround(cell_mm / geometry.spacing_mm[axis]));
    factors[axis] = std::clamp<int64_t>(voxels, 1, geometry.size[axis]);
  }
  return factors;
}

Geometry cell_geometry(const Geometry& geometry, const Size3& factors) {
  Geometry cells = geometry;
  Vec3 first;
  for (size_t axis = 0; axis < 3; ++axis) {
    const auto factor = static_cast<double>(factors[axis]);
    cells.size[axis] = geometry.size[axis] / factors[axis];
    cells.spacing_mm[axis] = geometry.spacing_mm[axis] * factor;
    first[axis] = (factor - 1) / 2;
  }
  cells.origin_mm = geometry.position_mm(first);
  return cells;
}

Mat3 index_from_mm(const Geometry& geometry) {
  const Mat3& d = geometry.direction;
  const Vec3 x = {d[0], d[3], d[6]};
  const Vec3 y = {d[1], d[4], d[7]};
  const Vec3 z = {d[2], d[5], d[8]};
  const double determinant = dot(x, cross(y, z));
  const std::array<Vec3, 3> rows = {cross(y, z), cross(z, x), cross(x, y)};
  Mat3 result;
  for (size_t row = 0; row < 3; ++row) {
    for (size_t column = 0; column < 3; ++column) {
      result[row * 3 + column] = rows[row][column] / determinant / geometry.spacing_mm[row];
    }
  }
  return result;
}

CellPicture::CellPicture(const Volume& volume, double cell_mm, Run& run) {
  const Size3 factors = cell_factors(volume.geometry, cell_mm);
  cells_ = cell_geometry(volume.geometry, factors);
  to_index_ = index_from_mm(cells_);
  values_.resize(static_cast<size_t>(cells_.voxel_count()));
  std::visit([&](const auto& hu) { average(hu, volume.geometry.size, factors, cells_.size, values_, run); }, volume.hu);
}

std::optional<Sample> CellPicture::sample(const Vec3& position_mm) const {
  const Vec3& o = cells_.origin_mm;
  const Vec3 arm = {position_mm[0] - o[0], position_mm[1] - o[1], position_mm[2] - o[2]};
  std::array<int64_t, 3> low;
  std::array<int64_t, 3> step;
  Vec3 part;
  for (size_t axis = 0; axis < 3; ++axis) {
    const double* row = to_index_.data() + axis * 3;
    const double index = row[0] * arm[0] + row[1] * arm[1] + row[2] * arm[2];
    const int64_t last = cells_.size[axis] - 1;
    // Of a single cell there is nothing between centres.
    const double reach = last > 0 ? 0 : 0.5;
    if (!(index >= -reach && index <= static_cast<double>(last) + reach)) return std::nullopt;
    low[axis] = std::min(static_cast<int64_t>(index), std::max<int64_t>(last - 1, 0));
    step[axis] = last > 0 ? 1 : 0;
    part[axis] = index - static_cast<double>(low[axis]);
  }
  double hu = 0;
  Vec3 by_index = {0, 0, 0};
  for (int corner = 0; corner < 8; ++corner) {
    const int dx = corner & 1;
    const int dy = corner >> 1 & 1;
    const int dz = corner >> 2 & 1;
    const double value = static_cast<double>(at(low[0] + dx * step[0], low[1] + dy * step[1], low[2] + dz * step[2]));
    const double wx = dx ? part[0] : 1 - part[0];
    const double wy = dy ? part[1] : 1 - part[1];
    const double wz = dz ? part[2] : 1 - part[2];
    hu += wx * wy * wz * value;
    by_index[0] += (dx ? 1 : -1) * wy * wz * value;
    by_index[1] += (dy ? 1 : -1) * wx * wz * value;
    by_index[2] += (dz ? 1 : -1) * wx * wy * value;
  }
  Sample found{hu, {0, 0, 0}};
  for (size_t column = 0; column < 3; ++column) {
    for (size_t axis = 0; axis < 3; ++axis) found.slope[column] += by_index[axis] * to_index_[axis * 3 + column];
  }
  return found;
}

}  // namespace hepatica
