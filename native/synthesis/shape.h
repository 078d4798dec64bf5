// A lesion's outline: an ellipsoid whose radius varies smoothly with the direction.
#pragma once

#include <cstdint>

#include "core/geometry.h"
#include "core/random.h"

namespace hepatica {

// How far the outline of a kind of lesion may leave the sphere.
struct ShapeStyle {
  // Standard deviation of each axis' logarithm.
  double elongation = 0.1;
  // Of the radius: slow bulges, and irregularities.
  double bulge = 0.05;
  double irregularity = 0.03;
  // Of the radius: rounded lobes with clefts between them.
  double lobulation = 0;
};

class LesionShape {
 public:
  LesionShape(double diameter_mm, const ShapeStyle& style, Random& random);

  // Along the index axes, in mm from the centre; positive inside. Near the surface it is the distance to it.
  double depth_mm(const Vec3& offset_mm) const;

  // What depth_mm never exceeds there, whatever the outline's noise is, which is most of its cost.
  double greatest_depth_mm(const Vec3& offset_mm) const { return depth_with(greatest_stretch(), offset_mm); }

  // depth_mm > 0
  bool contains(const Vec3& offset_mm) const;

  // Where a ray from the centre meets the surface.
  Vec3 surface_mm(const Vec3& direction) const;

  // Half the extent along each index axis; nothing of the lesion lies outside.
  Vec3 half_extent_mm() const;

  // Longest first.
  Vec3 semi_axes_mm() const;
  double mean_radius_mm() const;

 private:
  Vec3 to_own_axes(const Vec3& offset) const;
  // Factor of the ellipsoid's radius in this direction (own axes, unit length), and between what it lies.
  double stretch(const Vec3& direction) const;
  double least_stretch() const { return 1 - style_.bulge - style_.irregularity - 0.5 * style_.lobulation; }
  double greatest_stretch() const { return 1 + style_.bulge + style_.irregularity + 1.5 * style_.lobulation; }
  // depth_mm of the ellipsoid that is stretched alike in all directions.
  double depth_with(double factor, const Vec3& offset_mm) const;

  Vec3 semi_axes_mm_;
  // Row r is own axis r along the index axes.
  Mat3 axes_;
  ShapeStyle style_;
  uint64_t seed_;
};

// Uniform over the sphere.
Vec3 random_direction(Random& random);

}  // namespace hepatica
