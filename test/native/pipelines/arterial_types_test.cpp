#include "pipelines/arterial_types.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "core/vec3.h"

using namespace hepatica;

namespace {

constexpr double kRadiusMm = 12;
constexpr Vec3 kCentre = {30, 30, 30};

struct Pair {
  Volume portal;
  Volume arterial;
  Mask liver;
  Mask ids;
  Lesion lesion;
};

// A lesion of two shells, in liver all around; in the arterial scan `shift_mm` further to the left.
Pair pair_of(double core_hu, double rim_hu, double shift_mm) {
  Geometry geometry{{60, 60, 30}, {1, 1, 2}, {0, 0, 0}};
  Pair pair{{geometry, {}}, {geometry, {}}, {geometry, {}}, {geometry, {}}, {}};
  std::vector<int16_t> portal;
  std::vector<int16_t> arterial;
  for (int64_t i = 0; i < geometry.voxel_count(); ++i) {
    const Vec3 p = geometry.position_mm(
        {static_cast<double>(i % 60), static_cast<double>(i / 60 % 60), static_cast<double>(i / 3600)});
    const double here = distance(p, kCentre);
    const double there = distance({p[0] - shift_mm, p[1], p[2]}, kCentre);
    portal.push_back(here < kRadiusMm ? 60 : 110);
    arterial.push_back(static_cast<int16_t>(there >= kRadiusMm ? 70 : there < 0.75 * kRadiusMm ? core_hu : rim_hu));
    pair.liver.voxels.push_back(1);
    pair.ids.voxels.push_back(here < kRadiusMm ? 1 : 0);
  }
  pair.portal.hu = std::move(portal);
  pair.arterial.hu = std::move(arterial);
  pair.lesion.id = 1;
  pair.lesion.box = {{18, 18, 9}, {42, 42, 21}};
  pair.lesion.probabilities = {0.1, 0.2, 0.3, 0.4};
  return pair;
}

std::vector<Lesion> told(const Pair& pair, double shift_mm, const ArterialReadout& readout) {
  std::vector<Lesion> lesions = {pair.lesion};
  Run run;
  tell_by_both_phases({pair.portal, pair.liver, pair.arterial, {{}, {shift_mm, 0, 0}, kCentre}}, pair.ids, readout,
                      lesions, run);
  return lesions;
}

}  // namespace

TEST_CASE("a lesion's brightness in both scans, where the motion carries it") {
  const Pair pair = pair_of(40, 130, 7);
  const Lesion lesion = told(pair, 7, {}).front();
  REQUIRE(lesion.arterial);
  const auto& [then, now, alone] = *lesion.arterial;
  CHECK(then.liver_hu == 70);
  CHECK(now.liver_hu == 110);
  // The outer shell is 3 mm thick, half of what HU are means over.
  CHECK(then.core_hu == doctest::Approx(40).epsilon(0.05));
  CHECK(then.darkest_hu == doctest::Approx(40).epsilon(0.05));
  CHECK(then.rim_hu > then.core_hu + 20);
  CHECK(then.brightest_hu > 90);
  CHECK(then.brightest_hu < 130);
  CHECK(now.core_hu == doctest::Approx(60));
  CHECK(alone == pair.lesion.probabilities);
  // No coefficients: all are as likely.
  CHECK(lesion.probabilities == std::array<double, kLesionTypes>{0.25, 0.25, 0.25, 0.25});
  // Without the motion it is measured beside the lesion.
  CHECK(told(pair, 0, {}).front().arterial->arterial.core_hu > then.core_hu + 15);
}

TEST_CASE("the readout weighs the class map and the HU") {
  ArterialReadout readout;
  for (size_t type = 0; type < readout.scores.size(); ++type) readout.scores[type].coefficients[type] = 1;
  const Pair pair = pair_of(40, 130, 0);
  const Lesion same = told(pair, 0, readout).front();
  for (size_t type = 0; type < 4; ++type) {
    CHECK(same.probabilities[type] == doctest::Approx(pair.lesion.probabilities[type]));
  }
  readout.scores[0].coefficients[static_cast<size_t>(ArterialFeature::kBrightest)] = 1;
  readout.scores[0].intercept = 0.5;
  const Lesion brighter = told(pair, 0, readout).front();
  const PhaseSigns& then = brighter.arterial->arterial;
  const double above_liver = (then.brightest_hu - then.liver_hu) / 100;
  CHECK(above_liver > 0.2);
  const double odds = brighter.probabilities[0] / brighter.probabilities[1];
  CHECK(odds == doctest::Approx(0.5 * std::exp(0.5 + above_liver)));
}

TEST_CASE("what the arterial scan does not show wholly is left as it was") {
  const Pair pair = pair_of(40, 130, 0);
  const Lesion lesion = told(pair, 40, {}).front();
  CHECK(!lesion.arterial);
  CHECK(lesion.probabilities == pair.lesion.probabilities);
}
