#include "ops/polygon.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"

namespace hepatica {
namespace {

using Point = std::array<float, 2>;

struct Crossing {
  int64_t row;
  double x;

  auto operator<=>(const Crossing&) const = default;
};

struct Pixel {
  int64_t row;
  int64_t x;
};

// What a polygon does to a slice: where its edges cross the rows of pixel centres, and the pixels they pass through.
class Scan {
 public:
  Scan(std::span<const Point> points, int64_t width, int64_t height) : width_(width), height_(height) {
    for (size_t i = 0; i < points.size(); ++i) add_edge(points[i], points[(i + 1) % points.size()]);
    std::sort(crossings_.begin(), crossings_.end());
  }

  // Calls span(row, first, last) for the pixels whose centres lie between an odd and the following even crossing.
  template <class Span>
  void for_each_span(Span&& span) const {
    for (size_t i = 0; i + 1 < crossings_.size(); i += 2) {
      const int64_t first = clamped_column(std::ceil(crossings_[i].x));
      const int64_t last = clamped_column(std::floor(crossings_[i + 1].x) + 1) - 1;
      if (first <= last) span(crossings_[i].row, first, last);
    }
  }

  const std::vector<Pixel>& border() const { return border_; }

 private:
  int64_t clamped_column(double x) const {
    return static_cast<int64_t>(std::clamp(x, 0.0, static_cast<double>(width_)));
  }

  int64_t clamped_row(double y) const { return static_cast<int64_t>(std::clamp(y, 0.0, static_cast<double>(height_))); }

  void add_edge(const Point& a, const Point& b) {
    const Point& top = a[1] <= b[1] ? a : b;
    const Point& bottom = a[1] <= b[1] ? b : a;
    if (top[1] == bottom[1]) {
      add_level_edge(top, bottom);
      return;
    }
    const double dx = static_cast<double>(bottom[0]) - top[0];
    const double dy = static_cast<double>(bottom[1]) - top[1];
    const int64_t end = clamped_row(std::floor(static_cast<double>(bottom[1])) + 1);
    for (int64_t row = clamped_row(std::ceil(static_cast<double>(top[1]))); row < end; ++row) {
      const double below = static_cast<double>(row) - top[1];
      const double x = top[0] + below * dx / dy;
      // A vertex belongs to the edge below it: each is counted once where the outline passes through its row.
      if (static_cast<double>(row) < bottom[1]) crossings_.push_back({row, x});
      const double nearest = std::nearbyint(x);
      if (nearest < 0 || nearest >= static_cast<double>(width_)) continue;
      if (dx * below == dy * (nearest - top[0])) border_.push_back({row, static_cast<int64_t>(nearest)});
    }
  }

  void add_level_edge(const Point& a, const Point& b) {
    const double y = a[1];
    if (y != std::floor(y) || y < 0 || y >= static_cast<double>(height_)) return;
    const int64_t end = clamped_column(std::floor(static_cast<double>(std::max(a[0], b[0]))) + 1);
    for (int64_t x = clamped_column(std::ceil(static_cast<double>(std::min(a[0], b[0])))); x < end; ++x) {
      border_.push_back({static_cast<int64_t>(y), x});
    }
  }

  int64_t width_;
  int64_t height_;
  std::vector<Crossing> crossings_;
  std::vector<Pixel> border_;
};

void check_points(std::span<const Point> points) {
  for (size_t i = 0; i < points.size(); ++i) {
    if (std::isfinite(points[i][0]) && std::isfinite(points[i][1])) continue;
    throw Error("INVALID_VALUE",
                "Expected polygon points to be finite numbers, received [" + std::to_string(points[i][0]) + ", " +
                    std::to_string(points[i][1]) + "] at point " + std::to_string(i),
                {}, "points", "Correct or remove the polygon.");
  }
}

// Twice the area, as the shoelace formula has it.
double doubled_area(const Contour& contour) {
  double sum = 0;
  for (size_t i = 0; i < contour.pixels.size(); ++i) {
    const Point& a = contour.pixels[i];
    const Point& b = contour.pixels[(i + 1) % contour.pixels.size()];
    sum += static_cast<double>(a[0]) * b[1] - static_cast<double>(b[0]) * a[1];
  }
  return std::abs(sum);
}

void check_slice(const Contour& contour, const Geometry& geometry) {
  if (contour.slice >= 0 && contour.slice < geometry.slice_count()) return;
  throw Error("INVALID_VALUE",
              "Expected contours in slices 0 to " + std::to_string(geometry.slice_count() - 1) + ", received slice " +
                  std::to_string(contour.slice),
              {}, "slice", "Check that the contours belong to this volume.");
}

}  // namespace

void rasterize_polygon(std::span<const std::array<float, 2>> points, PolygonBorder border, uint8_t value, int64_t width,
                       int64_t height, uint8_t* slice) {
  check_points(points);
  const Scan scan(points, width, height);
  if (border == PolygonBorder::kInside) {
    scan.for_each_span([&](int64_t row, int64_t first, int64_t last) {
      std::fill(slice + row * width + first, slice + row * width + last + 1, value);
    });
    for (const Pixel& pixel : scan.border()) slice[pixel.row * width + pixel.x] = value;
    return;
  }
  // What lies on the line keeps its value: it is saved before the spans, which may run over it, are drawn.
  std::vector<uint8_t> kept;
  for (const Pixel& pixel : scan.border()) kept.push_back(slice[pixel.row * width + pixel.x]);
  scan.for_each_span([&](int64_t row, int64_t first, int64_t last) {
    std::fill(slice + row * width + first, slice + row * width + last + 1, value);
  });
  for (size_t i = 0; i < kept.size(); ++i) slice[scan.border()[i].row * width + scan.border()[i].x] = kept[i];
}

Mask rasterize_contours(std::span<const Contour> contours, const Geometry& geometry, Run& run) {
  Mask mask{geometry, std::vector<uint8_t>(static_cast<size_t>(geometry.voxel_count()))};
  std::vector<std::vector<size_t>> by_slice(static_cast<size_t>(geometry.slice_count()));
  for (size_t i = 0; i < contours.size(); ++i) {
    check_slice(contours[i], geometry);
    by_slice[contours[i].slice].push_back(i);
  }
  parallel_for(geometry.slice_count(), run, [&](int64_t z) {
    std::vector<size_t>& order = by_slice[z];
    // An outline of one pixel's width and the hole in it have the same area: the outline comes first.
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      const double area_a = doubled_area(contours[a]);
      const double area_b = doubled_area(contours[b]);
      return area_a != area_b ? area_a > area_b : contours[a].hole < contours[b].hole;
    });
    for (const size_t i : order) {
      const Contour& contour = contours[i];
      rasterize_polygon(contour.pixels, contour.hole ? PolygonBorder::kOutside : PolygonBorder::kInside,
                        contour.hole ? 0 : 1, geometry.size[0], geometry.size[1], mask.slice(z));
    }
  });
  return mask;
}

}  // namespace hepatica
