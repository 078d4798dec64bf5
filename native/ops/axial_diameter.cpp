#include "ops/axial_diameter.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hepatica {
namespace {

struct Point {
  double x = 0;
  double y = 0;

  auto operator<=>(const Point&) const = default;
};

// The ends of each row and the top and bottom of each column: no other edge can be on the hull.
std::vector<Point> edge_middles(const uint8_t* slice, int64_t width, int64_t height, double dx, double dy) {
  std::vector<Point> points;
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* row = slice + y * width;
    for (int64_t x = 0; x < width; ++x) {
      if (row[x] == 0) continue;
      const auto left = static_cast<double>(x);
      const auto top = static_cast<double>(y);
      if (x == 0 || row[x - 1] == 0) points.push_back({left * dx, (top + 0.5) * dy});
      if (x + 1 == width || row[x + 1] == 0) points.push_back({(left + 1) * dx, (top + 0.5) * dy});
      if (y == 0 || row[x - width] == 0) points.push_back({(left + 0.5) * dx, top * dy});
      if (y + 1 == height || row[x + width] == 0) points.push_back({(left + 0.5) * dx, (top + 1) * dy});
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

}  // namespace

AxialDiameter axial_diameter(const uint8_t* slice, int64_t width, int64_t height, double spacing_x_mm,
                             double spacing_y_mm) {
  std::vector<Point> points = edge_middles(slice, width, height, spacing_x_mm, spacing_y_mm);
  if (points.empty()) return {};
  const std::vector<Point> hull = convex_hull(std::move(points));
  AxialDiameter diameter;
  Point along;
  for (size_t i = 0; i < hull.size(); ++i) {
    for (size_t j = i + 1; j < hull.size(); ++j) {
      const double length = std::hypot(hull[j].x - hull[i].x, hull[j].y - hull[i].y);
      if (length <= diameter.longest_mm) continue;
      diameter.longest_mm = length;
      along = {(hull[j].x - hull[i].x) / length, (hull[j].y - hull[i].y) / length};
    }
  }
  const auto across = [&](const Point& point) { return point.y * along.x - point.x * along.y; };
  const auto [low, high] = std::minmax_element(hull.begin(), hull.end(),
                                               [&](const Point& a, const Point& b) { return across(a) < across(b); });
  diameter.perpendicular_mm = across(*high) - across(*low);
  return diameter;
}

}  // namespace hepatica
