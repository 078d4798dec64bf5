// A turn about a centre, then a shift: patient space, LPS mm (core/geometry.h).
#pragma once

#include <array>

#include "core/geometry.h"

namespace hepatica {

struct RigidMotion {
  // Radians about the x, then the y, then the z axis.
  Vec3 angles = {0, 0, 0};
  Vec3 shift_mm = {0, 0, 0};
  Vec3 centre_mm = {0, 0, 0};

  bool operator==(const RigidMotion&) const = default;
};

// One motion for many points.
class RigidMap {
 public:
  explicit RigidMap(const RigidMotion& motion);

  Vec3 apply(const Vec3& point_mm) const;
  Vec3 apply_inverse(const Vec3& point_mm) const;
  // How far the point's image moves, mm a radian, with each of the three angles.
  std::array<Vec3, 3> angle_derivatives(const Vec3& point_mm) const;

  // Row-major: y = rotation * x + offset.
  const Mat3& rotation() const { return rotation_; }
  Vec3 offset() const;

 private:
  RigidMotion motion_;
  Mat3 rotation_;
  // Of the rotation by each angle.
  std::array<Mat3, 3> derivatives_;
};

}  // namespace hepatica
