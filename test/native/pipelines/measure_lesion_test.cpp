#include "pipelines/measure_lesion.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "ops/axial_diameter.h"
#include "pipelines/place_lesions.h"

using namespace hepatica;

namespace {

// In the patient, mm, about a middle; turned in the axial plane.
struct Ellipsoid {
  Vec3 middle;
  Vec3 half_axes;
  double turned_deg = 0;

  bool holds(const Vec3& mm) const {
    const double angle = turned_deg * std::numbers::pi / 180;
    const double dx = mm[0] - middle[0];
    const double dy = mm[1] - middle[1];
    const double along = dx * std::cos(angle) + dy * std::sin(angle);
    const double across = dy * std::cos(angle) - dx * std::sin(angle);
    return std::hypot(along / half_axes[0], across / half_axes[1], (mm[2] - middle[2]) / half_axes[2]) <= 1;
  }
};

constexpr Ellipsoid kLiver = {{0, 0, 0}, {100, 75, 70}};

constexpr Mat3 kFlipped = {-1, 0, 0, 0, -1, 0, 0, 0, -1};
constexpr Mat3 kOblique = {0.96, -0.28, 0, 0.28, 0.96, 0, 0, 0, 1};

Lesion measured(const Ellipsoid& shape, const Mat3& direction, const Vec3& spacing_mm) {
  Geometry geometry = {{}, spacing_mm, {0, 0, 0}, direction};
  for (size_t axis = 0; axis < 3; ++axis) geometry.size[axis] = std::lround(260 / spacing_mm[axis]);
  const Vec3 corner = geometry.position_mm({static_cast<double>(geometry.size[0] - 1) / 2,
                                            static_cast<double>(geometry.size[1] - 1) / 2,
                                            static_cast<double>(geometry.size[2] - 1) / 2});
  geometry.origin_mm = {-corner[0], -corner[1], -corner[2]};
  Mask liver{geometry, {}};
  Mask ids{geometry, {}};
  for (int64_t z = 0; z < geometry.size[2]; ++z) {
    for (int64_t y = 0; y < geometry.size[1]; ++y) {
      for (int64_t x = 0; x < geometry.size[0]; ++x) {
        const Vec3 index = {static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
        const Vec3 mm = geometry.position_mm(index);
        liver.voxels.push_back(kLiver.holds(mm) ? 1 : 0);
        ids.voxels.push_back(liver.voxels.back() != 0 && shape.holds(mm) ? 1 : 0);
      }
    }
  }
  std::vector<Lesion> lesions(1);
  lesions[0].id = 1;
  lesions[0].box = *bounding_box(ids);
  measure_lesion({geometry, std::vector<int16_t>(ids.voxels.size(), 60)}, ids, lesions[0]);
  Run run;
  place_lesions(liver, ids, lesions, run);
  return lesions[0];
}

}  // namespace

TEST_CASE("an ellipsoid has its axes, its depth and its place, however the grid lies") {
  const Ellipsoid shape = {{-70, -10, 20}, {15, 9, 12}, 30};
  for (const Mat3& direction : {kIdentity3, kFlipped, kOblique}) {
    for (const Vec3& spacing_mm : {Vec3{1, 1, 2}, Vec3{1.3, 0.9, 4}}) {
      const Lesion lesion = measured(shape, direction, spacing_mm);
      CHECK(lesion.diameter_mm == doctest::Approx(30).epsilon(0.05));
      CHECK(lesion.perpendicular_mm == doctest::Approx(18).epsilon(0.07));
      CHECK(lesion.recist_measurable);
      CHECK(*lesion.octant == LiverOctant{LiverSector::kRightAnterior, true});
      CHECK(*lesion.surface_distance_mm < 8);
    }
  }
}

TEST_CASE("depth is the distance to the surface, and 0 where a lesion reaches it") {
  for (const Mat3& direction : {kIdentity3, kFlipped, kOblique}) {
    const Vec3 spacing_mm = {1, 1, 2};
    CHECK(*measured({{-75, 0, 0}, {10, 10, 10}}, direction, spacing_mm).surface_distance_mm ==
          doctest::Approx(15).epsilon(0.1));
    CHECK(*measured({{0, 0, 0}, {10, 10, 10}}, direction, spacing_mm).surface_distance_mm ==
          doctest::Approx(60).epsilon(0.05));
    CHECK(*measured({{-95, 0, 0}, {10, 10, 10}}, direction, spacing_mm).surface_distance_mm == 0);
  }
}

TEST_CASE("RECIST 1.1 measures from 10 mm on, and from two slices on where they are thick") {
  CHECK(is_recist_measurable(10, 5));
  CHECK_FALSE(is_recist_measurable(9.9, 1));
  CHECK_FALSE(is_recist_measurable(15.9, 8));
  CHECK(is_recist_measurable(16, 8));
  CHECK_FALSE(measured({{0, 0, 0}, {4, 4, 4}}, kIdentity3, {1, 1, 2}).recist_measurable);
  CHECK_FALSE(measured({{0, 0, 0}, {7, 6, 8}}, kIdentity3, {1, 1, 8}).recist_measurable);
}
