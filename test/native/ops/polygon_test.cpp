#include "ops/polygon.h"

#include <cmath>

#include "core/error.h"
#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

using Points = std::vector<std::array<float, 2>>;

// -1 outside, 0 on the line, 1 inside by the even-odd rule.
int naive_side(const Points& points, double x, double y) {
  bool inside = false;
  for (size_t i = 0; i < points.size(); ++i) {
    const auto& a = points[i];
    const auto& b = points[(i + 1) % points.size()];
    const double cross =
        (static_cast<double>(b[0]) - a[0]) * (y - a[1]) - (static_cast<double>(b[1]) - a[1]) * (x - a[0]);
    const bool beside = x >= std::min(a[0], b[0]) && x <= std::max(a[0], b[0]) && y >= std::min(a[1], b[1]) &&
                        y <= std::max(a[1], b[1]);
    if (cross == 0 && beside) return 0;
    if ((a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) * (static_cast<double>(b[0]) - a[0]) / (b[1] - a[1])) {
      inside = !inside;
    }
  }
  return inside ? 1 : -1;
}

void check_against_naive(const Points& points, SliceSize size) {
  for (const PolygonBorder border : {PolygonBorder::kInside, PolygonBorder::kOutside}) {
    std::vector<uint8_t> slice(static_cast<size_t>(size.width * size.height), 9);
    rasterize_polygon(points, border, 4, size.width, size.height, slice.data());
    int wrong = 0;
    for (int64_t y = 0; y < size.height; ++y) {
      for (int64_t x = 0; x < size.width; ++x) {
        const int side = naive_side(points, static_cast<double>(x), static_cast<double>(y));
        const bool inside = side > 0 || (side == 0 && border == PolygonBorder::kInside);
        wrong += slice[y * size.width + x] != (inside ? 4 : 9);
      }
    }
    CHECK(wrong == 0);
  }
}

}  // namespace

TEST_CASE("polygons with whole, half and arbitrary coordinates are filled as point in polygon says") {
  Noise noise(11);
  for (const float step : {1.0F, 0.5F, 0.25F, 0.013F}) {
    for (int count = 1; count <= 12; ++count) {
      Points points;
      const int range = static_cast<int>(50.0F / step);
      for (int i = 0; i < count; ++i) {
        const float x = static_cast<float>(noise.next() % range) * step - 8;
        const float y = static_cast<float>(noise.next() % range) * step - 12;
        points.push_back({x, y});
      }
      check_against_naive(points, {33, 17});
    }
  }
}

TEST_CASE("rectangles, diamonds, spikes, repeated points, one and two points, none") {
  const SliceSize size{12, 9};
  check_against_naive({{2, 2}, {8, 2}, {8, 6}, {2, 6}}, size);
  check_against_naive({{2.5, 2.5}, {8.5, 2.5}, {8.5, 6.5}, {2.5, 6.5}}, size);
  check_against_naive({{5, 0}, {9, 4}, {5, 8}, {1, 4}}, size);
  check_against_naive({{2, 2}, {6, 2}, {6, 2}, {10, 2}, {6, 2}, {6, 6}, {2, 6}}, size);
  check_against_naive({{-50, -50}, {50, -50}, {50, 50}, {-50, 50}}, size);
  check_against_naive({{3, 3}}, size);
  check_against_naive({{1, 1}, {7, 4}}, size);
  check_against_naive({}, size);
}

TEST_CASE("coordinates far outside and not finite") {
  std::vector<uint8_t> slice(12, 0);
  rasterize_polygon(Points{{-3e38F, -3e38F}, {3e38F, -3e38F}, {3e38F, 3e38F}, {-3e38F, 3e38F}}, PolygonBorder::kInside,
                    1, 4, 3, slice.data());
  CHECK(slice == std::vector<uint8_t>(12, 1));
  CHECK_THROWS_AS(rasterize_polygon(Points{{0, 0}, {NAN, 1}}, PolygonBorder::kInside, 1, 4, 3, slice.data()), Error);
}

TEST_CASE("contours of slices that aren't there are refused") {
  Run run;
  for (const int64_t slice : {-1, 2}) {
    const std::vector<Contour> contours = {{slice, false, {{0, 0}}}};
    CHECK_THROWS_AS(rasterize_contours(contours, grid(4, 4, 2), run), Error);
  }
}
