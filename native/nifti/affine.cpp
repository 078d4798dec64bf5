#include "nifti/affine.h"

#include <charconv>
#include <cmath>

#include "core/error.h"

namespace hepatica {
namespace {

// Cosines between axes up to here are rounding, of float32 or of the six digits that DICOM files carry.
constexpr double kOrthogonalCosine = 1e-4;
// Beyond it, the in-plane axes are truly skewed.
constexpr double kSkewCosine = 1e-3;
constexpr double kLeastDeterminant = 0.1;

Vec3 column(const Mat3& matrix, int c) { return {matrix[c], matrix[3 + c], matrix[6 + c]}; }

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

// 0.7 for the double that equals 0.7F: the shortest decimal that gives the same float.
double decimal(double value) {
  const auto single = static_cast<float>(value);
  if (static_cast<double>(single) != value || value == 0) return value;
  std::array<char, 32> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), single);
  double result = value;
  std::from_chars(digits.data(), written.ptr, result);
  return result;
}

// The column's length; along one patient axis exactly that axis' component.
double spacing_of(const Vec3& step) {
  for (int axis = 0; axis < 3; ++axis) {
    if (step[(axis + 1) % 3] == 0 && step[(axis + 2) % 3] == 0) return decimal(std::abs(step[axis]));
  }
  return std::sqrt(dot(step, step));
}

double determinant(const Mat3& d) {
  return d[0] * (d[4] * d[8] - d[5] * d[7]) - d[1] * (d[3] * d[8] - d[5] * d[6]) + d[2] * (d[3] * d[7] - d[4] * d[6]);
}

void check_axes(const Geometry& geometry, const std::string& path) {
  const double skew = std::abs(dot(column(geometry.direction, 0), column(geometry.direction, 1)));
  if (!(std::abs(determinant(geometry.direction)) >= kLeastDeterminant)) {
    throw Error("INVALID_VALUE", "Expected the orientation's axes to span a volume, received parallel axes in " + path,
                path, "srow", "Rewrite the file with a valid sform or qform.");
  }
  if (skew > kSkewCosine) {
    throw Error(
        "UNSUPPORTED_ORIENTATION",
        "Expected orthogonal in-plane axes, received axes whose cosine is " + std::to_string(skew) + " in " + path,
        path, "srow", "Resample the volume to an orthogonal grid.");
  }
}

}  // namespace

Geometry geometry_from_affine(const RasAffine& affine, const Size3& size, const std::string& path) {
  // x and y point the other way in LPS.
  constexpr Vec3 kSign = {-1, -1, 1};
  Geometry geometry;
  geometry.size = size;
  for (int axis = 0; axis < 3; ++axis) {
    const Vec3 step = {kSign[0] * affine[0][axis], kSign[1] * affine[1][axis], kSign[2] * affine[2][axis]};
    const double spacing = spacing_of(step);
    if (!(spacing > 0) || !std::isfinite(spacing)) {
      throw Error("INVALID_VALUE",
                  "Expected spacing to be three positive numbers, received " + std::to_string(spacing) +
                      " along index axis " + std::to_string(axis) + " in " + path,
                  path, "srow", "Rewrite the file with a valid sform or qform.");
    }
    geometry.spacing_mm[axis] = spacing;
    const double length = std::sqrt(dot(step, step));
    for (int row = 0; row < 3; ++row) geometry.direction[3 * row + axis] = step[row] == 0 ? 0 : step[row] / length;
    geometry.origin_mm[axis] = affine[axis][3] == 0 ? 0 : kSign[axis] * decimal(affine[axis][3]);
    if (!std::isfinite(geometry.origin_mm[axis])) {
      throw Error("INVALID_VALUE", "Expected the origin to be three finite numbers in " + path, path, "srow",
                  "Rewrite the file with a valid sform or qform.");
    }
  }
  check_axes(geometry, path);
  return geometry;
}

RasAffine affine_from_geometry(const Geometry& geometry) {
  constexpr Vec3 kSign = {-1, -1, 1};
  RasAffine affine{};
  for (int row = 0; row < 3; ++row) {
    for (int axis = 0; axis < 3; ++axis) {
      affine[row][axis] = kSign[row] * geometry.direction[3 * row + axis] * geometry.spacing_mm[axis];
    }
    affine[row][3] = kSign[row] * geometry.origin_mm[row];
  }
  return affine;
}

bool is_orthogonal(const Geometry& geometry) {
  const Mat3& d = geometry.direction;
  return std::abs(dot(column(d, 0), column(d, 1))) < kOrthogonalCosine &&
         std::abs(dot(column(d, 0), column(d, 2))) < kOrthogonalCosine &&
         std::abs(dot(column(d, 1), column(d, 2))) < kOrthogonalCosine;
}

}  // namespace hepatica
