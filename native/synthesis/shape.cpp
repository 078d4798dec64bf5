#include "synthesis/shape.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/vec3.h"
#include "synthesis/smooth_noise.h"

namespace hepatica {
namespace {

// Nearer to the centre than this there is no direction.
constexpr double kCentreMm = 1e-6;
// The same depth computed in two ways differs by far less.
constexpr double kRoundingMm = 1e-6;

double length(const Vec3& v) { return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }

Vec3 scaled(const Vec3& v, double factor) { return {factor * v[0], factor * v[1], factor * v[2]}; }

// Three orthogonal unit vectors in a random position.
Mat3 random_axes(Random& random) {
  const Vec3 first = random_direction(random);
  Vec3 second{};
  do {
    second = cross(first, random_direction(random));
  } while (length(second) < 0.1);
  second = scaled(second, 1 / length(second));
  const Vec3 third = cross(first, second);
  return {first[0], first[1], first[2], second[0], second[1], second[2], third[0], third[1], third[2]};
}

}  // namespace

Vec3 random_direction(Random& random) {
  Vec3 v{};
  do {
    for (double& component : v) component = random.uniform(-1, 1);
  } while (length(v) > 1 || length(v) < 0.1);
  return scaled(v, 1 / length(v));
}

LesionShape::LesionShape(double diameter_mm, const ShapeStyle& style, Random& random)
    : axes_(random_axes(random)), style_(style), seed_(random.bits()) {
  Vec3 factors{};
  double product = 1;
  for (double& factor : factors) {
    factor = std::exp(std::clamp(random.normal(style.elongation), -2 * style.elongation, 2 * style.elongation));
    product *= factor;
  }
  // The volume is that of the sphere.
  for (int axis = 0; axis < 3; ++axis) semi_axes_mm_[axis] = diameter_mm / 2 * factors[axis] / std::cbrt(product);
}

Vec3 LesionShape::to_own_axes(const Vec3& offset) const {
  Vec3 own{};
  for (int r = 0; r < 3; ++r) {
    own[r] = axes_[3 * r] * offset[0] + axes_[3 * r + 1] * offset[1] + axes_[3 * r + 2] * offset[2];
  }
  return own;
}

double LesionShape::stretch(const Vec3& direction) const {
  double factor = style_.bulge * smooth_noise(seed_, scaled(direction, 1.3)) +
                  style_.irregularity * smooth_noise(seed_ + 1, scaled(direction, 3.5));
  // The absolute value folds the noise: round lobes meet in clefts.
  if (style_.lobulation > 0) {
    factor += style_.lobulation * (2 * std::abs(smooth_noise(seed_ + 2, scaled(direction, 2.4))) - 0.5);
  }
  return 1 + factor;
}

double LesionShape::depth_mm(const Vec3& offset_mm) const {
  const Vec3 own = to_own_axes(offset_mm);
  const double distance = length(own);
  if (distance < kCentreMm) return *std::min_element(semi_axes_mm_.begin(), semi_axes_mm_.end());
  const double factor = stretch(scaled(own, 1 / distance));
  // First-order distance to the ellipsoid |p / a| = 1: the function over the length of its gradient.
  double level = 0;
  double slope = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const double p = own[axis] / factor / semi_axes_mm_[axis];
    level += p * p;
    slope += p * p / (semi_axes_mm_[axis] * semi_axes_mm_[axis]);
  }
  level = std::sqrt(level);
  return factor * level * (1 - level) / std::sqrt(slope);
}

// The depth grows with the factor: first-order, it is level * (factor - level) / slope with both of the ellipsoid as it
// is.
double LesionShape::depth_with(double factor, const Vec3& offset_mm) const {
  const Vec3 own = to_own_axes(offset_mm);
  double level = 0;
  double slope = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const double p = own[axis] / semi_axes_mm_[axis];
    level += p * p;
    slope += p * p / (semi_axes_mm_[axis] * semi_axes_mm_[axis]);
  }
  if (slope == 0) return *std::min_element(semi_axes_mm_.begin(), semi_axes_mm_.end());
  level = std::sqrt(level);
  return level * (factor - level) / std::sqrt(slope);
}

bool LesionShape::contains(const Vec3& offset_mm) const {
  if (depth_with(greatest_stretch(), offset_mm) < -kRoundingMm) return false;
  if (depth_with(least_stretch(), offset_mm) > kRoundingMm) return true;
  return depth_mm(offset_mm) > 0;
}

Vec3 LesionShape::surface_mm(const Vec3& direction) const {
  const Vec3 own = to_own_axes(direction);
  double level = 0;
  for (int axis = 0; axis < 3; ++axis) level += own[axis] * own[axis] / (semi_axes_mm_[axis] * semi_axes_mm_[axis]);
  return scaled(direction, stretch(own) / std::sqrt(level));
}

Vec3 LesionShape::half_extent_mm() const {
  const double factor = greatest_stretch();
  Vec3 extent{};
  for (int axis = 0; axis < 3; ++axis) {
    double sum = 0;
    for (int own = 0; own < 3; ++own) {
      const double part = axes_[3 * own + axis] * semi_axes_mm_[own];
      sum += part * part;
    }
    extent[axis] = factor * std::sqrt(sum);
  }
  return extent;
}

Vec3 LesionShape::semi_axes_mm() const {
  Vec3 sorted = semi_axes_mm_;
  std::sort(sorted.rbegin(), sorted.rend());
  return sorted;
}

double LesionShape::mean_radius_mm() const { return std::cbrt(semi_axes_mm_[0] * semi_axes_mm_[1] * semi_axes_mm_[2]); }

}  // namespace hepatica
