#include "synthesis/arterial_scan.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "registration/register_rigidly.h"

using namespace hepatica;

namespace {

constexpr double kLiverHu = 105;

struct Scan {
  Volume volume;
  Mask liver;
};

const std::vector<int16_t>& hu_of(const Volume& volume) { return std::get<std::vector<int16_t>>(volume.hu); }

// A noisy liver of two ellipsoids with vessels, in fat.
Scan make_scan() {
  Scan scan;
  scan.volume.geometry = {{112, 96, 40}, {1.5, 1.5, 4}, {-80, -70, 10}};
  std::vector<int16_t> hu;
  Random random(7, {});
  for (int64_t i = 0; i < scan.volume.geometry.voxel_count(); ++i) {
    const int64_t x = i % 112;
    const int64_t y = i / 112 % 96;
    const int64_t z = i / (112 * 96);
    const auto ball = [&](double cx, double cy, double cz, double rx, double ry, double rz) {
      const double u = (static_cast<double>(x) - cx) * 1.5 / rx;
      const double v = (static_cast<double>(y) - cy) * 1.5 / ry;
      const double w = (static_cast<double>(z) - cz) * 4 / rz;
      return u * u + v * v + w * w < 1;
    };
    const bool inside = ball(48, 50, 20, 62, 52, 66) || ball(80, 36, 24, 38, 26, 30);
    const bool vessel = inside && (x + 3 * z) % 37 < 3 && y % 24 < 3;
    hu.push_back(static_cast<int16_t>(std::lround((inside ? (vessel ? 165 : kLiverHu) : -90) + random.normal(12))));
    scan.liver.voxels.push_back(inside);
  }
  scan.liver.geometry = scan.volume.geometry;
  scan.volume.hu = std::move(hu);
  return scan;
}

SyntheticLesionOptions options_with(uint64_t seed, const ArterialScanOptions& arterial) {
  SyntheticLesionOptions options;
  options.seed = seed;
  options.min_count = 4;
  options.max_count = 8;
  options.mixed_probability = 1;
  options.arterial = arterial;
  return options;
}

SyntheticLesions pair_of(const Scan& scan, const SyntheticLesionOptions& options, int threads = 2) {
  Run run;
  run.threads = threads;
  return synthesize_lesions(scan.volume, scan.liver, nullptr, options, run);
}

double mean_of(const Volume& volume, const Mask& where, uint8_t id) {
  double sum = 0;
  int64_t count = 0;
  for (size_t i = 0; i < where.voxels.size(); ++i) {
    if (where.voxels[i] != id) continue;
    sum += hu_of(volume)[i];
    ++count;
  }
  return sum / static_cast<double>(count);
}

}  // namespace

TEST_CASE("an arterial scan changes nothing in the portal venous one, and is the same on any number of threads") {
  const Scan scan = make_scan();
  SyntheticLesionOptions options = options_with(3, {{0, 0, 0.05}, {5, -4, 9}, 2.5});
  const SyntheticLesions one = pair_of(scan, options, 1);
  const SyntheticLesions five = pair_of(scan, options, 5);
  REQUIRE(one.arterial);
  CHECK(hu_of(one.arterial->volume) == hu_of(five.arterial->volume));
  CHECK(one.arterial->volume.geometry.spacing_mm[2] == 2.5);
  CHECK(one.arterial->volume.geometry.size[2] == 63);
  options.arterial.reset();
  const SyntheticLesions alone = pair_of(scan, options);
  CHECK(!alone.arterial);
  CHECK(!alone.lesions.front().arterial);
  CHECK(hu_of(alone.volume) == hu_of(one.volume));
  CHECK(alone.ids.voxels == one.ids.voxels);
}

TEST_CASE("in the arterial scan the liver is darker, and each lesion has its arterial look in its place") {
  const Scan scan = make_scan();
  std::map<LesionType, int> seen;
  int bright_hccs = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    const SyntheticLesions made = pair_of(scan, options_with(seed, {}));
    const double liver_hu = made.arterial->liver_hu;
    CHECK(liver_hu <= kLiverHu - 20);
    Mask plain = scan.liver;
    for (size_t i = 0; i < plain.voxels.size(); ++i) plain.voxels[i] &= made.ids.voxels[i] == 0;
    CHECK(mean_of(made.arterial->volume, plain, 1) == doctest::Approx(liver_hu).epsilon(0.05).scale(100));
    for (const SyntheticLesion& lesion : made.lesions) {
      REQUIRE(lesion.arterial);
      const double shown = mean_of(made.arterial->volume, made.ids, static_cast<uint8_t>(lesion.id));
      const double noise_hu = 5 * 16 / std::sqrt(static_cast<double>(lesion.voxels));
      CHECK(std::abs(shown - lesion.arterial->mean_hu) < noise_hu);
      ++seen[lesion.type];
      if (lesion.type == LesionType::kCyst) CHECK(lesion.arterial->body_hu == lesion.body_hu);
      if (lesion.type == LesionType::kHaemangioma && lesion.signs.front() == "flash filling")
        CHECK(shown > liver_hu + 30);
      if (lesion.type == LesionType::kHcc) {
        CHECK(lesion.body_hu < kLiverHu);
        bright_hccs += lesion.arterial->signs.front() == "arterial hyperenhancement" ? 1 : 0;
      }
    }
  }
  for (const LesionType type : kClassifiedTypes) CHECK(seen[type] > 3);
  CHECK(bright_hccs > 0.6 * seen[LesionType::kHcc]);
}

TEST_CASE("the arterial scan lies where its motion says") {
  const Scan scan = make_scan();
  const SyntheticLesions made = pair_of(scan, options_with(5, {{0.06, -0.04, 0.08}, {7, -6, 11}, 3}));
  Mask there{made.arterial->volume.geometry, {}};
  Run run;
  const RigidMap map(made.arterial->motion);
  // The liver where it was carried to: half in air and half in fat it is the only bright tissue.
  for (const int16_t hu : hu_of(made.arterial->volume)) there.voxels.push_back(hu > 10);
  CHECK(organ_dice({made.volume, scan.liver}, {made.arterial->volume, there}, made.arterial->motion, run) > 0.9);
  CHECK(organ_dice({made.volume, scan.liver}, {made.arterial->volume, there}, {}, run) < 0.85);
}

TEST_CASE("an arterial look in the portal venous scan, and slices of no thickness, are no pair's") {
  const Scan scan = make_scan();
  SyntheticLesionOptions options = options_with(1, {});
  options.phase = ContrastPhase::kArterial;
  CHECK_THROWS_AS(pair_of(scan, options), Error);
  CHECK_THROWS_AS(pair_of(scan, options_with(1, {{0, 0, 0}, {0, 0, 0}, -1})), Error);
}
