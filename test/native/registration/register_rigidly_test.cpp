#include "registration/register_rigidly.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <variant>
#include <vector>

#include "core/random.h"
#include "core/vec3.h"
#include "registration/cell_picture.h"
#include "registration/linear_sampler.h"
#include "registration/mutual_information.h"

namespace hepatica {
namespace {

constexpr double kDegree = std::numbers::pi / 180;

double ellipsoid(const Vec3& p, const Vec3& centre, const Vec3& radii) {
  const double x = (p[0] - centre[0]) / radii[0];
  const double y = (p[1] - centre[1]) / radii[1];
  const double z = (p[2] - centre[2]) / radii[2];
  return x * x + y * y + z * z;
}

bool is_liver(const Vec3& p) {
  return ellipsoid(p, {-35, 0, 0}, {75, 55, 65}) < 1 || ellipsoid(p, {30, -25, 20}, {50, 25, 30}) < 1;
}

// A trunk with a liver, vessels in it, a spine, a lung above and a spleen; `enhanced` as another contrast phase.
double hu_at(const Vec3& p, bool enhanced) {
  if (ellipsoid(p, {0, 0, 0}, {150, 105, 400}) > 1) return -1000;
  if (ellipsoid(p, {0, 70, 0}, {18, 18, 400}) < 1) return 240;
  if (is_liver(p)) {
    const double vessel = std::sin(p[0] / 11) * std::sin(p[1] / 9 + p[2] / 23) * std::cos(p[2] / 13);
    return (enhanced ? 65 : 105) + (vessel > 0.55 ? (enhanced ? -5 : 45) : 0);
  }
  if (ellipsoid(p, {70, 20, 10}, {30, 40, 45}) < 1) return enhanced ? 130 : 115;
  if (p[2] > 70 - p[0] * p[0] / 400) return -850;
  return std::sin(p[0] / 17) * std::cos(p[1] / 19) * std::sin(p[2] / 21) > 0 ? -100 : 45;
}

struct Scan {
  Volume volume;
  Mask liver;
};

// What a scanner shows of the trunk after `motion` (from the scan back to the trunk as it was).
Scan scan_of(const Geometry& geometry, const RigidMotion& motion, bool enhanced, uint64_t seed) {
  const RigidMap map(motion);
  Scan scan{{geometry, std::vector<int16_t>()}, {geometry, {}}};
  std::vector<int16_t> hu;
  Random noise(seed, {1});
  for (int64_t z = 0; z < geometry.size[2]; ++z) {
    for (int64_t y = 0; y < geometry.size[1]; ++y) {
      for (int64_t x = 0; x < geometry.size[0]; ++x) {
        const Vec3 p =
            map.apply(geometry.position_mm({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)}));
        hu.push_back(static_cast<int16_t>(hu_at(p, enhanced) + noise.normal(12)));
        scan.liver.voxels.push_back(is_liver(p));
      }
    }
  }
  scan.volume.hu = std::move(hu);
  return scan;
}

Geometry grid(double in_plane_mm, double slice_mm) {
  Geometry geometry;
  geometry.size = {std::lround(320 / in_plane_mm), std::lround(230 / in_plane_mm), std::lround(200 / slice_mm)};
  geometry.spacing_mm = {in_plane_mm, in_plane_mm, slice_mm};
  geometry.origin_mm = {-160 + in_plane_mm / 2, -115 + in_plane_mm / 2, -100 + slice_mm / 2};
  return geometry;
}

RigidMotion random_motion(Random& random) {
  RigidMotion motion;
  for (size_t i = 0; i < 3; ++i) {
    motion.angles[i] = random.uniform(-8, 8) * kDegree;
    motion.shift_mm[i] = random.uniform(-25, 25);
  }
  return motion;
}

// How far off the found motion carries the liver's points, mm.
double largest_error_mm(const RigidMotion& found, const RigidMotion& truth) {
  const RigidMap a(found);
  const RigidMap b(truth);
  double largest = 0;
  for (double x = -100; x <= 60; x += 20) {
    for (double y = -50; y <= 50; y += 20) {
      for (double z = -60; z <= 60; z += 20) {
        if (is_liver({x, y, z})) largest = std::max(largest, distance(a.apply({x, y, z}), b.apply({x, y, z})));
      }
    }
  }
  return largest;
}

}  // namespace

TEST_CASE("twenty known motions are found to 2 mm, in another contrast phase, on another grid") {
  const Scan moving = scan_of(grid(2, 5), {}, false, 1);
  Random random(7, {0});
  for (int i = 0; i < 20; ++i) {
    const RigidMotion truth = random_motion(random);
    const Scan fixed = scan_of(grid(1.7, i % 2 == 0 ? 3 : 7), truth, i % 4 < 2, 2 + static_cast<uint64_t>(i));
    Run run;
    const RigidMotion found = register_rigidly({fixed.volume, fixed.liver}, {moving.volume, moving.liver}, run);
    CAPTURE(i);
    CHECK(largest_error_mm(found, truth) < 2);
    CHECK(organ_dice({fixed.volume, fixed.liver}, {moving.volume, moving.liver}, found, run) > 0.93);
  }
}

TEST_CASE("where the organ lies in the other scan need not be known; what both share tells a fit from none") {
  const Scan moving = scan_of(grid(2, 5), {}, true, 1);
  Random random(11, {0});
  for (const double breath_mm : {-55.0, -20.0, 0.0, 35.0, 60.0}) {
    RigidMotion truth = random_motion(random);
    truth.shift_mm = {truth.shift_mm[0] / 3, truth.shift_mm[1] / 3, breath_mm};
    const Scan fixed = scan_of(grid(1.7, 4), truth, false, 2);
    Run run;
    const RigidMotion found = register_rigidly({fixed.volume, fixed.liver}, moving.volume, run);
    CAPTURE(breath_mm);
    CHECK(largest_error_mm(found, truth) < 2);
    const double shared = shared_information({fixed.volume, fixed.liver}, moving.volume, found, run);
    CHECK(shared > 0.3);
    CHECK(shared < 1);
    RigidMotion beside = found;
    beside.shift_mm[0] += 25;
    CHECK(shared_information({fixed.volume, fixed.liver}, moving.volume, beside, run) < 0.6 * shared);
    beside.shift_mm[0] = 1000;
    CHECK(shared_information({fixed.volume, fixed.liver}, moving.volume, beside, run) == 0);
  }
}

TEST_CASE("voxels without a number are air, not a place outside of the histogram") {
  const Scan scan = scan_of(grid(3, 6), {}, false, 1);
  const auto& hu = std::get<std::vector<int16_t>>(scan.volume.hu);
  Volume holed{scan.volume.geometry, std::vector<float>(hu.begin(), hu.end())};
  auto& values = std::get<std::vector<float>>(holed.hu);
  for (size_t i = 0; i < values.size(); i += 977) values[i] = std::numeric_limits<float>::quiet_NaN();
  Run run;
  const RigidMotion found = register_rigidly({scan.volume, scan.liver}, holed, run);
  CHECK(largest_error_mm(found, {}) < 1);
}

TEST_CASE("HU between voxels are linear, and none beyond the scan") {
  Volume volume{{{3, 2, 2}, {2, 2, 4}, {10, 20, 30}},
                std::vector<int16_t>{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110}};
  const LinearSampler sampler(volume);
  CHECK(*sampler.at({10, 20, 30}) == 0);
  CHECK(*sampler.at({13, 21, 32}) == doctest::Approx(15 + 15 + 30));
  CHECK(*sampler.at({9.5, 20, 28.5}) == 0);
  CHECK(!sampler.at({8.9, 20, 30}));
  CHECK(!sampler.at({10, 20, 36.1}));
}

TEST_CASE("a scan of one slice shows what lies in it") {
  const Volume volume{{{3, 2, 1}, {6, 6, 5}, {10, 20, 30}}, std::vector<int16_t>{0, 10, 20, 30, 40, 50}};
  Run run;
  const CellPicture picture(volume, 6, run);
  for (const double z : {28.0, 30.0, 32.0}) {
    const auto sample = picture.sample({13, 23, z});
    REQUIRE(sample);
    CHECK(sample->hu == doctest::Approx(20));
    CHECK(sample->slope[0] == doctest::Approx(10.0 / 6));
    CHECK(sample->slope[2] == 0);
  }
  CHECK(!picture.sample({13, 23, 33}));
}

TEST_CASE("the same motion on any number of threads") {
  Random random(3, {0});
  const Scan moving = scan_of(grid(3, 6), {}, false, 1);
  const Scan fixed = scan_of(grid(3, 6), random_motion(random), false, 2);
  Run one;
  one.threads = 1;
  Run many;
  many.threads = 5;
  const RigidMotion found = register_rigidly({fixed.volume, fixed.liver}, {moving.volume, moving.liver}, one);
  CHECK(found == register_rigidly({fixed.volume, fixed.liver}, {moving.volume, moving.liver}, many));
}

TEST_CASE("the slope of mutual information is its differences'") {
  const Scan scan = scan_of(grid(3, 6), {}, false, 1);
  Run run;
  const CellPicture picture(scan.volume, 6, run);
  std::vector<FixedPoint> points;
  Random random(5, {0});
  while (points.size() < 9000) {
    const Vec3 p = {random.uniform(-110, 80), random.uniform(-60, 60), random.uniform(-65, 60)};
    points.push_back({p, static_cast<float>(hu_at(p, true))});
  }
  const RigidMotion motion{{0.03, -0.05, 0.02}, {4, -3, 5}, {-20, 0, 0}};
  const Agreement agreement = mutual_information(points, picture, motion, run);
  CHECK(agreement.information > 0.1);
  for (size_t k = 0; k < 6; ++k) {
    const double step = k < 3 ? 1e-5 : 1e-3;
    RigidMotion up = motion;
    RigidMotion down = motion;
    (k < 3 ? up.angles[k] : up.shift_mm[k - 3]) += step;
    (k < 3 ? down.angles[k] : down.shift_mm[k - 3]) -= step;
    const double difference = (mutual_information(points, picture, up, run).information -
                               mutual_information(points, picture, down, run).information) /
                              (2 * step);
    CAPTURE(k);
    CHECK(agreement.gradient[k] == doctest::Approx(difference).epsilon(0.02));
  }
}

TEST_CASE("where the scans show nothing of each other, nothing is known") {
  const Scan scan = scan_of(grid(3, 6), {}, false, 1);
  Run run;
  const CellPicture picture(scan.volume, 6, run);
  const std::vector<FixedPoint> points = {{{-35, 0, 0}, 100}, {{-30, 0, 0}, 100}};
  const Agreement agreement = mutual_information(points, picture, {{}, {1000, 0, 0}, {}}, run);
  CHECK(agreement.information == 0);
  CHECK(agreement.gradient == std::array<double, 6>{});
}

TEST_CASE("a motion and its inverse") {
  const RigidMap map({{0.3, -0.2, 0.5}, {10, 20, -5}, {3, 4, 5}});
  const Vec3 there = map.apply({7, -8, 9});
  CHECK(distance(map.apply_inverse(there), {7, -8, 9}) < 1e-12);
  const Mat3& r = map.rotation();
  const Vec3 o = map.offset();
  CHECK(distance({r[0] * 7 + r[1] * -8 + r[2] * 9 + o[0], r[3] * 7 + r[4] * -8 + r[5] * 9 + o[1],
                  r[6] * 7 + r[7] * -8 + r[8] * 9 + o[2]},
                 there) < 1e-12);
}

}  // namespace hepatica
