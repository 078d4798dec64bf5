#include "ops/axial_diameter.h"

#include <doctest/doctest.h>

#include <cmath>
#include <utility>
#include <vector>

using namespace hepatica;

namespace {

struct Slice {
  int64_t width;
  int64_t height;
  std::vector<uint8_t> pixels;

  Slice(int64_t w, int64_t h) : width(w), height(h), pixels(static_cast<size_t>(w * h)) {}
  struct Measured {
    double longest_mm;
    double perpendicular_mm;
  };
  Measured measured(double dx, double dy) const {
    const PixelSlice slice = {pixels.data(), width, height, dx, dy};
    const AxialDiameter diameter = axial_diameter(slice);
    return {diameter.longest_mm, perpendicular_chord_mm(slice, diameter)};
  }
};

template <class Inside>
Slice filled(int64_t width, int64_t height, Inside&& inside) {
  Slice slice(width, height);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) slice.pixels[y * width + x] = inside(x, y) ? 1 : 0;
  }
  return slice;
}

}  // namespace

TEST_CASE("a disc's diameter is found in every direction, on square and other pixels") {
  const auto disc = [](double dx, double dy) {
    return filled(101, 161, [=](int64_t x, int64_t y) {
      const double mm_x = (static_cast<double>(x) - 50) * dx;
      const double mm_y = (static_cast<double>(y) - 80) * dy;
      return mm_x * mm_x + mm_y * mm_y < 30.0 * 30.0;
    });
  };
  for (const auto& [dx, dy] : {std::pair{1.0, 1.0}, std::pair{0.7, 0.7}, std::pair{0.8, 0.5}}) {
    const auto found = disc(dx, dy).measured(dx, dy);
    CHECK(found.longest_mm == doctest::Approx(60).epsilon(0.02));
    CHECK(found.perpendicular_mm == doctest::Approx(60).epsilon(0.02));
  }
}

TEST_CASE("an ellipse that lies aslant has its axes") {
  const Slice slice = filled(200, 200, [](int64_t x, int64_t y) {
    const double dx = static_cast<double>(x) - 100;
    const double dy = static_cast<double>(y) - 100;
    const double along = (dx + dy) / std::sqrt(2.0);
    const double across = (dx - dy) / std::sqrt(2.0);
    return along * along / (80.0 * 80.0) + across * across / (30.0 * 30.0) < 1;
  });
  const auto found = slice.measured(0.5, 0.5);
  CHECK(found.longest_mm == doctest::Approx(80).epsilon(0.02));
  CHECK(found.perpendicular_mm == doctest::Approx(30).epsilon(0.04));
}

TEST_CASE("rows, columns and single pixels are as long as they are, at the border too") {
  const auto row = filled(7, 1, [](int64_t, int64_t) { return true; }).measured(0.8, 0.5);
  CHECK(row.longest_mm == doctest::Approx(7 * 0.8));
  CHECK(row.perpendicular_mm == doctest::Approx(0.5));
  const auto column = filled(9, 9, [](int64_t x, int64_t) { return x == 8; }).measured(1, 2);
  CHECK(column.longest_mm == doctest::Approx(18));
  CHECK(column.perpendicular_mm == doctest::Approx(1));
  const auto pixel = filled(3, 3, [](int64_t x, int64_t y) { return x == 1 && y == 1; }).measured(0.6, 0.9);
  CHECK(pixel.longest_mm == doctest::Approx(0.9));
  CHECK(pixel.perpendicular_mm == doctest::Approx(0.6));
}

TEST_CASE("the perpendicular stays inside: it is a chord, not the extent") {
  // A bar of 60 x 4 pixels with a foot of 3 x 12 below its left end and one above its right end.
  const Slice crank = filled(60, 28, [](int64_t x, int64_t y) {
    const bool bar = y >= 12 && y < 16;
    return bar || (x < 3 && y >= 16) || (x >= 57 && y < 12);
  });
  const auto found = crank.measured(1, 1);
  // From foot to foot, aslant: the bar's ends lie 18 pixels apart across it, but no chord is longer than a foot is
  // wide.
  CHECK(found.longest_mm > 60);
  CHECK(found.perpendicular_mm > 6);
  CHECK(found.perpendicular_mm < 9);

  // Two discs side by side with a narrow waist: as wide as the larger one.
  const auto disc = [](int64_t x, int64_t y, double x0, double radius) {
    return std::hypot(static_cast<double>(x) - x0, static_cast<double>(y) - 20) < radius;
  };
  const Slice waist = filled(100, 41, [&](int64_t x, int64_t y) {
    return disc(x, y, 20, 15) || disc(x, y, 75, 20) || (y == 20 && x > 20 && x < 75);
  });
  CHECK(waist.measured(0.5, 0.5).perpendicular_mm == doctest::Approx(20).epsilon(0.03));
}

TEST_CASE("a hole ends a chord, and pieces apart do not lengthen it") {
  const Slice ring = filled(61, 61, [](int64_t x, int64_t y) {
    const double radius = std::hypot(static_cast<double>(x) - 30, static_cast<double>(y) - 30);
    return radius < 30 && radius > 20;
  });
  // Beside the hole: 2 sqrt(30^2 - 20^2).
  CHECK(ring.measured(1, 1).perpendicular_mm == doctest::Approx(44.7).epsilon(0.03));
  const Slice rows = filled(40, 30, [](int64_t, int64_t y) { return y < 3 || y == 29; });
  CHECK(rows.measured(1, 1).perpendicular_mm < 6);
  const Slice corners = filled(20, 20, [](int64_t x, int64_t y) { return x == y; });
  CHECK(corners.measured(1, 1).perpendicular_mm == doctest::Approx(std::sqrt(0.5)).epsilon(0.5));
}

TEST_CASE("a chord is never longer than the longest diameter") {
  uint32_t state = 1;
  for (int i = 0; i < 40; ++i) {
    const Slice noise = filled(33, 17, [&](int64_t, int64_t) {
      state = state * 1664525U + 1013904223U;
      return (state >> 24) < 40U + static_cast<uint32_t>(i) * 5;
    });
    const auto found = noise.measured(0.7, 1.1);
    CHECK(found.perpendicular_mm > 0);
    CHECK(found.perpendicular_mm <= found.longest_mm + 1e-9);
  }
}

TEST_CASE("an empty slice has no diameter") {
  CHECK(Slice(33, 17).measured(1, 1).longest_mm == 0);
  CHECK(Slice(33, 17).measured(1, 1).perpendicular_mm == 0);
}
