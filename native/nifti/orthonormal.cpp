#include "nifti/orthonormal.h"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/vec3.h"

namespace hepatica {
namespace {

constexpr double kAirHu = -1024;

Vec3 column(const Mat3& matrix, int c) { return {matrix[c], matrix[3 + c], matrix[6 + c]}; }

// The grid, and where a slice's voxel (0, 0) lies on it: begin + slice * step, in pixels along x and y.
struct Placement {
  Geometry grid;
  double begin[2] = {0, 0};
  double step[2] = {0, 0};
};

Placement place(const Geometry& source) {
  const Vec3 x = column(source.direction, 0);
  const Vec3 y = column(source.direction, 1);
  const Vec3 slices = column(source.direction, 2);
  Vec3 normal = cross(x, y);
  const double length = std::copysign(std::sqrt(dot(normal, normal)), dot(normal, slices));
  for (double& component : normal) component /= length;

  Placement placement;
  placement.grid = source;
  placement.grid.spacing_mm[2] = source.spacing_mm[2] * dot(slices, normal);
  for (int row = 0; row < 3; ++row) placement.grid.direction[3 * row + 2] = normal[row];
  Vec3 corner = {0, 0, 0};
  for (int axis = 0; axis < 2; ++axis) {
    placement.step[axis] = dot(slices, axis == 0 ? x : y) * source.spacing_mm[2] / source.spacing_mm[axis];
    const double last = placement.step[axis] * static_cast<double>(source.slice_count() - 1);
    corner[axis] = std::floor(std::min(0.0, last));
    placement.begin[axis] = -corner[axis];
    placement.grid.size[axis] = source.size[axis] + static_cast<int64_t>(std::ceil(std::max(0.0, last)) - corner[axis]);
  }
  placement.grid.origin_mm = source.position_mm(corner);
  return placement;
}

template <class Voxel>
class Slice {
 public:
  Slice(const std::vector<Voxel>& voxels, const Geometry& geometry, int64_t z)
      : pixels_(voxels.data() + z * geometry.slice_pixels()), width_(geometry.size[0]), height_(geometry.size[1]) {}

  double at(int64_t x, int64_t y, double outside) const {
    const bool inside = x >= 0 && y >= 0 && x < width_ && y < height_;
    return inside ? static_cast<double>(pixels_[y * width_ + x]) : outside;
  }

 private:
  const Voxel* pixels_;
  int64_t width_;
  int64_t height_;
};

double nearest(const auto& slice, double x, double y) { return slice.at(std::lround(x), std::lround(y), 0); }

double linear(const auto& slice, double x, double y) {
  const double left = std::floor(x);
  const double top = std::floor(y);
  const double right = x - left;
  const double below = y - top;
  const auto at = [&](int dx, int dy) {
    return slice.at(static_cast<int64_t>(left) + dx, static_cast<int64_t>(top) + dy, kAirHu);
  };
  return (1 - below) * ((1 - right) * at(0, 0) + right * at(1, 0)) +
         below * ((1 - right) * at(0, 1) + right * at(1, 1));
}

// `value(slice, x, y)` at a place in a slice, in its pixels.
template <class Voxel, class Value>
std::vector<Voxel> resampled(const std::vector<Voxel>& voxels, const Geometry& source, const Placement& placement,
                             Value&& value) {
  std::vector<Voxel> result;
  result.reserve(static_cast<size_t>(placement.grid.voxel_count()));
  for (int64_t z = 0; z < source.slice_count(); ++z) {
    const Slice<Voxel> slice(voxels, source, z);
    const double left = placement.begin[0] + placement.step[0] * static_cast<double>(z);
    const double top = placement.begin[1] + placement.step[1] * static_cast<double>(z);
    for (int64_t y = 0; y < placement.grid.size[1]; ++y) {
      for (int64_t x = 0; x < placement.grid.size[0]; ++x) {
        const double found = value(slice, static_cast<double>(x) - left, static_cast<double>(y) - top);
        result.push_back(static_cast<Voxel>(std::is_integral_v<Voxel> ? std::round(found) : found));
      }
    }
  }
  return result;
}

}  // namespace

Mask to_orthonormal(const Mask& mask) {
  const Placement placement = place(mask.geometry);
  const auto value = [](const auto& slice, double x, double y) { return nearest(slice, x, y); };
  return {placement.grid, resampled(mask.voxels, mask.geometry, placement, value)};
}

Volume to_orthonormal(const Volume& volume) {
  const Placement placement = place(volume.geometry);
  const auto value = [](const auto& slice, double x, double y) { return linear(slice, x, y); };
  Volume result{placement.grid, {}};
  std::visit([&](const auto& hu) { result.hu = resampled(hu, volume.geometry, placement, value); }, volume.hu);
  return result;
}

}  // namespace hepatica
