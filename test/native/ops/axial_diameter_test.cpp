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
  AxialDiameter measured(double dx, double dy) const { return axial_diameter(pixels.data(), width, height, dx, dy); }
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
    const AxialDiameter found = disc(dx, dy).measured(dx, dy);
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
  const AxialDiameter found = slice.measured(0.5, 0.5);
  CHECK(found.longest_mm == doctest::Approx(80).epsilon(0.02));
  CHECK(found.perpendicular_mm == doctest::Approx(30).epsilon(0.04));
}

TEST_CASE("rows, columns and single pixels are as long as they are, at the border too") {
  const AxialDiameter row = filled(7, 1, [](int64_t, int64_t) { return true; }).measured(0.8, 0.5);
  CHECK(row.longest_mm == doctest::Approx(7 * 0.8));
  CHECK(row.perpendicular_mm == doctest::Approx(0.5));
  const AxialDiameter column = filled(9, 9, [](int64_t x, int64_t) { return x == 8; }).measured(1, 2);
  CHECK(column.longest_mm == doctest::Approx(18));
  CHECK(column.perpendicular_mm == doctest::Approx(1));
  const AxialDiameter pixel = filled(3, 3, [](int64_t x, int64_t y) { return x == 1 && y == 1; }).measured(0.6, 0.9);
  CHECK(pixel.longest_mm == doctest::Approx(0.9));
  CHECK(pixel.perpendicular_mm == doctest::Approx(0.6));
}

TEST_CASE("an empty slice has no diameter") {
  CHECK(Slice(33, 17).measured(1, 1).longest_mm == 0);
  CHECK(Slice(33, 17).measured(1, 1).perpendicular_mm == 0);
}
