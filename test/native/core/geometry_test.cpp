#include "core/geometry.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace hepatica;

TEST_CASE("a leaning slice axis shrinks the voxel volume by the cosine of the tilt") {
  const double angle = 20.0 * 3.14159265358979323846 / 180.0;
  Geometry tilted;
  tilted.spacing_mm = {0.7, 0.8, 2.5};
  tilted.direction = {1, 0, 0, 0, 1, std::sin(angle), 0, 0, std::cos(angle)};
  CHECK(tilted.voxel_volume_ml() == doctest::Approx(0.7 * 0.8 * 2.5 * std::cos(angle) / 1000.0));
}

TEST_CASE("a voxel's position follows direction, spacing and origin") {
  Geometry geometry;
  geometry.spacing_mm = {0.5, 2.0, 3.0};
  geometry.origin_mm = {10, 20, 30};
  geometry.direction = {0, -1, 0, 1, 0, 0, 0, 0, 1};
  const Vec3 position = geometry.position_mm({2, 3, 4});
  CHECK(position[0] == doctest::Approx(10 - 6.0));
  CHECK(position[1] == doctest::Approx(20 + 1.0));
  CHECK(position[2] == doctest::Approx(30 + 12.0));
}
