#include "ops/axial_diameter.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace hepatica {
namespace {

struct Point {
  double x = 0;
  double y = 0;

  auto operator<=>(const Point&) const = default;
};

// The ends of each row and the top and bottom of each column: no other edge can be on the hull.
std::vector<Point> edge_middles(const PixelSlice& slice) {
  const double dx = slice.spacing_x_mm;
  const double dy = slice.spacing_y_mm;
  std::vector<Point> points;
  for (int64_t y = 0; y < slice.height; ++y) {
    for (int64_t x = 0; x < slice.width; ++x) {
      if (!slice.inside(x, y)) continue;
      const auto left = static_cast<double>(x);
      const auto top = static_cast<double>(y);
      if (!slice.inside(x - 1, y)) points.push_back({left * dx, (top + 0.5) * dy});
      if (!slice.inside(x + 1, y)) points.push_back({(left + 1) * dx, (top + 0.5) * dy});
      if (!slice.inside(x, y - 1)) points.push_back({(left + 0.5) * dx, top * dy});
      if (!slice.inside(x, y + 1)) points.push_back({(left + 0.5) * dx, (top + 1) * dy});
    }
  }
  return points;
}

// Andrew's monotone chain.
std::vector<Point> convex_hull(std::vector<Point> points) {
  std::sort(points.begin(), points.end());
  std::vector<Point> hull;
  const auto add = [&](const Point& point, size_t fixed) {
    const auto turns_right = [&] {
      const Point& a = hull[hull.size() - 2];
      const Point& b = hull.back();
      return (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x) <= 0;
    };
    while (hull.size() >= fixed + 2 && turns_right()) hull.pop_back();
    hull.push_back(point);
  };
  for (const Point& point : points) add(point, 0);
  const size_t lower = hull.size() - 1;
  for (auto point = points.rbegin() + 1; point != points.rend(); ++point) add(*point, lower);
  hull.pop_back();
  return hull;
}

struct Segment {
  Point a;
  Point b;
};

// The outline's part among four pixels whose first is (x, y), which may lie just outside the slice.
void add_outline(const PixelSlice& slice, int64_t x, int64_t y, std::vector<Segment>& outline) {
  const bool corner[4] = {slice.inside(x, y), slice.inside(x + 1, y), slice.inside(x + 1, y + 1),
                          slice.inside(x, y + 1)};
  const double left = (static_cast<double>(x) + 0.5) * slice.spacing_x_mm;
  const double top = (static_cast<double>(y) + 0.5) * slice.spacing_y_mm;
  const double half_x = slice.spacing_x_mm / 2;
  const double half_y = slice.spacing_y_mm / 2;
  // Of the edges between pixel i and the next one.
  const Point middles[4] = {
      {left + half_x, top}, {left + 2 * half_x, top + half_y}, {left + half_x, top + 2 * half_y}, {left, top + half_y}};
  std::vector<Point> crossed;
  for (size_t i = 0; i < 4; ++i) {
    if (corner[i] != corner[(i + 1) % 4]) crossed.push_back(middles[i]);
  }
  if (crossed.size() == 2) outline.push_back({crossed[0], crossed[1]});
  if (crossed.size() < 4) return;
  // Two corners that touch are joined: the outline cuts off the two others.
  const size_t first = corner[0] ? 0 : 1;
  outline.push_back({crossed[first], crossed[first + 1]});
  outline.push_back({crossed[(first + 2) % 4], crossed[(first + 3) % 4]});
}

std::vector<Segment> outline_of(const PixelSlice& slice) {
  std::vector<Segment> outline;
  for (int64_t y = -1; y < slice.height; ++y) {
    for (int64_t x = -1; x < slice.width; ++x) add_outline(slice, x, y, outline);
  }
  return outline;
}

// x along the longest diameter, y across.
std::vector<Segment> turned(std::vector<Segment> outline, const AxialDiameter& diameter) {
  const auto turn = [&](const Point& p) {
    return Point{p.x * diameter.along_x + p.y * diameter.along_y, p.y * diameter.along_x - p.x * diameter.along_y};
  };
  for (Segment& segment : outline) {
    segment = {turn(segment.a), turn(segment.b)};
    if (segment.b.x < segment.a.x) std::swap(segment.a, segment.b);
  }
  std::sort(outline.begin(), outline.end(), [](const Segment& p, const Segment& q) { return p.a < q.a; });
  return outline;
}

// Just beside each corner of the outline, on both sides: between two corners a chord's length is linear.
std::vector<double> places_of_chords(const std::vector<Segment>& outline) {
  constexpr double kBesideMm = 1e-6;
  constexpr double kApartMm = 1e-3;
  std::vector<double> corners;
  for (const Segment& segment : outline) corners.insert(corners.end(), {segment.a.x, segment.b.x});
  std::sort(corners.begin(), corners.end());
  std::vector<double> places;
  for (const double corner : corners) {
    if (!places.empty() && corner - places.back() < kApartMm) continue;
    places.insert(places.end(), {corner - kBesideMm, corner + kBesideMm});
  }
  return places;
}

}  // namespace

AxialDiameter axial_diameter(const PixelSlice& slice) {
  std::vector<Point> points = edge_middles(slice);
  if (points.empty()) return {};
  const std::vector<Point> hull = convex_hull(std::move(points));
  AxialDiameter diameter;
  for (size_t i = 0; i < hull.size(); ++i) {
    for (size_t j = i + 1; j < hull.size(); ++j) {
      const double length = std::hypot(hull[j].x - hull[i].x, hull[j].y - hull[i].y);
      if (length <= diameter.longest_mm) continue;
      diameter = {length, (hull[j].x - hull[i].x) / length, (hull[j].y - hull[i].y) / length};
    }
  }
  return diameter;
}

double perpendicular_chord_mm(const PixelSlice& slice, const AxialDiameter& diameter) {
  if (diameter.longest_mm <= 0) return 0;
  const std::vector<Segment> outline = turned(outline_of(slice), diameter);
  // The segments are met from left to right; no longer those that end before the place.
  std::vector<Segment> near;
  std::vector<double> crossings;
  size_t next = 0;
  double longest = 0;
  for (const double place : places_of_chords(outline)) {
    for (; next < outline.size() && outline[next].a.x <= place; ++next) near.push_back(outline[next]);
    std::erase_if(near, [&](const Segment& segment) { return segment.b.x <= place; });
    crossings.clear();
    for (const auto& [a, b] : near) crossings.push_back(a.y + (b.y - a.y) * (place - a.x) / (b.x - a.x));
    std::sort(crossings.begin(), crossings.end());
    for (size_t i = 0; i + 1 < crossings.size(); i += 2) longest = std::max(longest, crossings[i + 1] - crossings[i]);
  }
  return longest;
}

bool is_recist_measurable(double longest_mm, double slice_mm) {
  constexpr double kLeastMm = 10;
  constexpr double kThickMm = 5;
  return longest_mm >= (slice_mm > kThickMm ? 2 * slice_mm : kLeastMm);
}

}  // namespace hepatica
