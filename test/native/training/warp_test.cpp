#include "training/data/warp.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace hepatica;

namespace {

Point source_of(const CanvasTransform& map, Point canvas) {
  return {map.xx * canvas.x + map.xy * canvas.y + map.x0, map.yx * canvas.x + map.yy * canvas.y + map.y0};
}

}  // namespace

TEST_CASE("a picture is laid on its source where it was asked for, scaled, mirrored and turned") {
  const Point middle = {40.5, -7};
  const Point half = {16, 24};
  const PictureChange change = {.scale = 1.25, .stretch_x = -1, .stretch_y = 2, .angle_rad = 0.5};
  const CanvasTransform map = place_on(middle, half, change);

  const Point centre = source_of(map, half);
  CHECK(centre.x == doctest::Approx(40.5));
  CHECK(centre.y == doctest::Approx(-7));

  // One canvas pixel to the right is 1.25 source pixels to the left, turned by 0.5; one down is 2.5 down, turned too.
  const Point right = source_of(map, {half.x + 1, half.y});
  CHECK(right.x - centre.x == doctest::Approx(-1.25 * std::cos(0.5)));
  CHECK(right.y - centre.y == doctest::Approx(-1.25 * std::sin(0.5)));
  const Point below = source_of(map, {half.x, half.y + 1});
  CHECK(below.x - centre.x == doctest::Approx(-2.5 * std::sin(0.5)));
  CHECK(below.y - centre.y == doctest::Approx(2.5 * std::cos(0.5)));
}

TEST_CASE("a picture that is not changed is shifted alone") {
  const CanvasTransform map = place_on({10, 20}, {3, 5});
  const Point corner = source_of(map, {0, 0});
  CHECK(corner.x == 7);
  CHECK(corner.y == 15);
  CHECK(map.xx == 1);
  CHECK(map.xy == 0);
  CHECK(map.yx == 0);
  CHECK(map.yy == 1);
}
