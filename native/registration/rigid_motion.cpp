#include "registration/rigid_motion.h"

#include <cmath>
#include <cstddef>

namespace hepatica {
namespace {

Mat3 product(const Mat3& a, const Mat3& b) {
  Mat3 result{};
  for (size_t row = 0; row < 3; ++row) {
    for (size_t column = 0; column < 3; ++column) {
      for (size_t k = 0; k < 3; ++k) result[row * 3 + column] += a[row * 3 + k] * b[k * 3 + column];
    }
  }
  return result;
}

Vec3 times(const Mat3& m, const Vec3& v) {
  return {m[0] * v[0] + m[1] * v[1] + m[2] * v[2], m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
          m[6] * v[0] + m[7] * v[1] + m[8] * v[2]};
}

Vec3 sum(const Vec3& a, const Vec3& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
Vec3 difference(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }

// The turn about one axis, and its derivative by the angle, which lacks the 1 on the axis.
Mat3 turn(size_t axis, double cosine, double sine, double on_axis) {
  const size_t a = (axis + 1) % 3;
  const size_t b = (axis + 2) % 3;
  Mat3 m{};
  m[axis * 3 + axis] = on_axis;
  m[a * 3 + a] = m[b * 3 + b] = cosine;
  m[a * 3 + b] = -sine;
  m[b * 3 + a] = sine;
  return m;
}

}  // namespace

RigidMap::RigidMap(const RigidMotion& motion) : motion_(motion) {
  std::array<Mat3, 3> turns;
  std::array<Mat3, 3> slopes;
  for (size_t axis = 0; axis < 3; ++axis) {
    const double cosine = std::cos(motion.angles[axis]);
    const double sine = std::sin(motion.angles[axis]);
    turns[axis] = turn(axis, cosine, sine, 1);
    slopes[axis] = turn(axis, -sine, cosine, 0);
  }
  const auto composed = [](const Mat3& x, const Mat3& y, const Mat3& z) { return product(z, product(y, x)); };
  rotation_ = composed(turns[0], turns[1], turns[2]);
  derivatives_ = {composed(slopes[0], turns[1], turns[2]), composed(turns[0], slopes[1], turns[2]),
                  composed(turns[0], turns[1], slopes[2])};
}

Vec3 RigidMap::apply(const Vec3& point_mm) const {
  const Vec3 turned = times(rotation_, difference(point_mm, motion_.centre_mm));
  return sum(sum(turned, motion_.centre_mm), motion_.shift_mm);
}

Vec3 RigidMap::apply_inverse(const Vec3& point_mm) const {
  const Vec3 arm = difference(difference(point_mm, motion_.shift_mm), motion_.centre_mm);
  const Mat3& r = rotation_;
  return sum(times({r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]}, arm), motion_.centre_mm);
}

std::array<Vec3, 3> RigidMap::angle_derivatives(const Vec3& point_mm) const {
  const Vec3 arm = difference(point_mm, motion_.centre_mm);
  return {times(derivatives_[0], arm), times(derivatives_[1], arm), times(derivatives_[2], arm)};
}

Vec3 RigidMap::offset() const { return apply({0, 0, 0}); }

}  // namespace hepatica
