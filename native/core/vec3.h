// Vectors in patient space, mm.
#pragma once

#include <cmath>

#include "core/geometry.h"

namespace hepatica {

inline Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
inline double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline Vec3 along(const Vec3& from, const Vec3& direction, double distance) {
  return {from[0] + distance * direction[0], from[1] + distance * direction[1], from[2] + distance * direction[2]};
}
inline Vec3 unit(const Vec3& v) { return along({0, 0, 0}, v, 1 / std::sqrt(dot(v, v))); }
inline double distance(const Vec3& a, const Vec3& b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); }

}  // namespace hepatica
