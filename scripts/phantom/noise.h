// Seeded noise that depends on the position alone: the same bytes whatever the order or the number of threads.
#pragma once

#include <cmath>
#include <cstdint>

#include "shapes.h"

namespace hepatica::phantom {

// splitmix64's finalizer over a packed lattice position; uniform in [0, 1).
inline double hash_uniform(uint64_t seed, int64_t i, int64_t j, int64_t k) {
  uint64_t bits = seed + static_cast<uint64_t>(i) * 0x9E3779B97F4A7C15u +
                  static_cast<uint64_t>(j) * 0xC2B2AE3D27D4EB4Fu + static_cast<uint64_t>(k) * 0x165667B19E3779F9u;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9u;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
  bits ^= bits >> 31;
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

// Standard deviation 1, nearly normal: the sum of twelve uniform numbers.
inline double hash_normal(uint64_t seed, int64_t i, int64_t j, int64_t k) {
  double sum = -6;
  for (uint64_t draw = 0; draw < 12; ++draw) sum += hash_uniform(seed * 31 + draw * 0x51ED270B, i, j, k);
  return sum;
}

// Smooth in [-1, 1], with features of `scale_mm`.
inline double smooth_noise(uint64_t seed, const Point& p, double scale_mm) {
  const Point q = {p.x / scale_mm, p.y / scale_mm, p.z / scale_mm};
  const double fx = std::floor(q.x), fy = std::floor(q.y), fz = std::floor(q.z);
  const auto ease = [](double t) { return t * t * (3 - 2 * t); };
  const double tx = ease(q.x - fx), ty = ease(q.y - fy), tz = ease(q.z - fz);
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner) {
    const int dx = corner & 1, dy = (corner >> 1) & 1, dz = corner >> 2;
    const double weight = (dx ? tx : 1 - tx) * (dy ? ty : 1 - ty) * (dz ? tz : 1 - tz);
    sum += weight * hash_uniform(seed, static_cast<int64_t>(fx) + dx, static_cast<int64_t>(fy) + dy,
                                 static_cast<int64_t>(fz) + dz);
  }
  return 2 * sum - 1;
}

}  // namespace hepatica::phantom
