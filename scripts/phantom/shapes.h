// Shapes as signed distances in mm (negative inside), and how they are joined: the organs' surfaces stay smooth.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace hepatica::phantom {

// LPS, mm: x to the patient's left, y to posterior, z to head.
struct Point {
  double x = 0;
  double y = 0;
  double z = 0;
};

inline Point operator-(const Point& a, const Point& b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline double length(const Point& p) { return std::sqrt(p.x * p.x + p.y * p.y + p.z * p.z); }

// Exact on the surface, a close bound elsewhere.
inline double ellipsoid(const Point& p, const Point& centre, const Point& radii) {
  const Point d = p - centre;
  const double scaled = length({d.x / radii.x, d.y / radii.y, d.z / radii.z});
  const double gradient = length({d.x / (radii.x * radii.x), d.y / (radii.y * radii.y), d.z / (radii.z * radii.z)});
  return gradient < 1e-9 ? -std::min({radii.x, radii.y, radii.z}) : scaled * (scaled - 1) / gradient;
}

// An upright column with an elliptical section.
inline double column(const Point& p, double x, double y, double radius_x, double radius_y) {
  return ellipsoid({p.x, p.y, 0}, {x, y, 0}, {radius_x, radius_y, 1e6});
}

// A tube whose radius goes from radius_a at a to radius_b at b.
inline double tube(const Point& p, const Point& a, const Point& b, double radius_a, double radius_b) {
  const Point pa = p - a;
  const Point ba = b - a;
  const double along = pa.x * ba.x + pa.y * ba.y + pa.z * ba.z;
  const double t = std::clamp(along / (ba.x * ba.x + ba.y * ba.y + ba.z * ba.z), 0.0, 1.0);
  return length({pa.x - t * ba.x, pa.y - t * ba.y, pa.z - t * ba.z}) - (radius_a + t * (radius_b - radius_a));
}

struct Knot {
  Point position;
  double radius;
};

inline double tube(const Point& p, const std::vector<Knot>& knots) {
  double nearest = 1e9;
  for (size_t i = 1; i < knots.size(); ++i) {
    nearest =
        std::min(nearest, tube(p, knots[i - 1].position, knots[i].position, knots[i - 1].radius, knots[i].radius));
  }
  return nearest;
}

// Union whose seam is rounded over `blend_mm`; smooth_cut and smooth_common are its counterparts.
inline double smooth_union(double a, double b, double blend_mm) {
  const double h = std::clamp(0.5 + 0.5 * (b - a) / blend_mm, 0.0, 1.0);
  return b + h * (a - b) - blend_mm * h * (1 - h);
}
inline double smooth_common(double a, double b, double blend_mm) { return -smooth_union(-a, -b, blend_mm); }
inline double smooth_cut(double a, double removed, double blend_mm) { return smooth_common(a, -removed, blend_mm); }

}  // namespace hepatica::phantom
