#include "ops/liver_octants.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace hepatica;

namespace {

// An ellipsoid 200 mm from right to left, 150 mm from front to back, 140 mm high, about (0, 0, 0), on a grid whose axes
// are turned and run backwards as the direction says.
Mask liver_on(const Mat3& direction, double height_mm = 140) {
  Mask liver{{{60, 60, 60}, {4, 4, 4}, {0, 0, 0}, direction}, {}};
  const Vec3 corner = liver.geometry.position_mm({29.5, 29.5, 29.5});
  liver.geometry.origin_mm = {-corner[0], -corner[1], -corner[2]};
  for (int z = 0; z < 60; ++z) {
    for (int y = 0; y < 60; ++y) {
      for (int x = 0; x < 60; ++x) {
        const Vec3 mm = liver.geometry.position_mm({double(x), double(y), double(z)});
        liver.voxels.push_back(std::hypot(mm[0] / 100, mm[1] / 75, mm[2] / (height_mm / 2)) <= 1 ? 1 : 0);
      }
    }
  }
  return liver;
}

constexpr Mat3 kFlipped = {-1, 0, 0, 0, -1, 0, 0, 0, -1};
constexpr Mat3 kOblique = {0.96, -0.28, 0, 0.28, 0.96, 0, 0, 0, 1};

}  // namespace

TEST_CASE("octants go by the patient's directions, however the grid lies") {
  for (const Mat3& direction : {kIdentity3, kFlipped, kOblique}) {
    const LiverOctants octants(liver_on(direction));
    const auto at = [&](double left, double back, double head) { return octants.at({left, back, head}); };
    CHECK(at(-60, 40, -30) == LiverOctant{LiverSector::kRightPosterior, false});  // VI
    CHECK(at(-60, 40, 30) == LiverOctant{LiverSector::kRightPosterior, true});    // VII
    CHECK(at(-60, -25, -20) == LiverOctant{LiverSector::kRightAnterior, false});  // V
    CHECK(at(-60, -25, 20) == LiverOctant{LiverSector::kRightAnterior, true});    // VIII
    CHECK(at(-5, -60, 20) == LiverOctant{LiverSector::kLeftMedial, true});        // IVa
    CHECK(at(75, 0, -20) == LiverOctant{LiverSector::kLeftLateral, false});       // III
    CHECK(at(75, 0, 20) == LiverOctant{LiverSector::kLeftLateral, true});         // II
  }
}

TEST_CASE("of what is no whole liver no octant is told") {
  CHECK_FALSE(LiverOctants(liver_on(kIdentity3, 40)).at({0, 0, 0}).has_value());
  Mask empty = liver_on(kIdentity3);
  std::fill(empty.voxels.begin(), empty.voxels.end(), uint8_t{0});
  CHECK_FALSE(LiverOctants(empty).at({0, 0, 0}).has_value());
}
