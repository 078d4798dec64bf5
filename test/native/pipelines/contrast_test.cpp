#include "pipelines/contrast.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "ops/aorta.h"
#include "pipelines/plausibility.h"

using namespace hepatica;

namespace {

struct Phantom {
  double aorta_hu = 150;
  double liver_hu = 110;
  double noise_hu = 10;
  bool has_aorta = true;
  Mat3 direction = kIdentity3;
};

struct Scan {
  Volume volume;
  Mask liver;
};

bool is_in(double x, double y, double radius_x, double radius_y) { return std::hypot(x / radius_x, y / radius_y) <= 1; }

// A body of fat with lungs, a spine, a liver on its right, and the aorta in front of the spine. x to the left, y to the
// back.
Scan scan_of(const Phantom& phantom) {
  Scan scan;
  Geometry& geometry = scan.volume.geometry;
  geometry = {{130, 100, 40}, {3, 3, 5}, {0, 0, 0}, phantom.direction};
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, phantom.noise_hu);
  std::vector<int16_t> hu;
  const bool is_flipped = phantom.direction[0] < 0;
  for (int z = 0; z < 40; ++z) {
    for (int j = 0; j < 100; ++j) {
      for (int i = 0; i < 130; ++i) {
        const double x = (is_flipped ? 129 - i : i) * 3 - 195;
        const double y = (is_flipped ? 99 - j : j) * 3 - 150;
        const bool in_liver = std::hypot((x + 80) / 65, (y + 10) / 70, (z - 20) / 15.0) <= 1;
        double value = -1000;
        if (is_in(x, y, 170, 120)) value = -90;
        const bool in_lung = z >= 28 && (is_in(x - 80, y, 60, 75) || (z >= 35 && is_in(x + 80, y, 60, 75)));
        if (in_lung) value = -850;
        if (in_liver) value = phantom.liver_hu;
        if (is_in(x, y - 50, 20, 16) || is_in(x, y - 90, 5, 20)) value = 300;
        if (phantom.has_aorta && is_in(x - 14, y - 20, 11, 11)) value = phantom.aorta_hu;
        hu.push_back(static_cast<int16_t>(std::lround(value + (value > -1000 ? noise(random) : 0))));
        scan.liver.voxels.push_back(in_liver ? 1 : 0);
      }
    }
  }
  scan.volume.hu = std::move(hu);
  scan.liver.geometry = geometry;
  return scan;
}

Contrast contrast_of(const Phantom& phantom, Run& run) {
  const Scan scan = scan_of(phantom);
  return judge_liver(scan.volume, scan.liver, run).contrast.value();
}

bool warned(const Phantom& phantom, const std::string& code) {
  const Scan scan = scan_of(phantom);
  Run run;
  warn_of(judge_liver(scan.volume, scan.liver, run), run);
  for (const Warning& warning : run.warnings()) {
    if (warning.code == code) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the phase goes by aorta and liver, and is unknown where they do not fit one") {
  using enum ScanPhase;
  const std::tuple<double, double, ScanPhase> cases[] = {
      {42, 58, kNonContrast},    {40, 45, kNonContrast},    {320, 70, kArterial},      {260, 65, kArterial},
      {150, 108, kPortalVenous}, {170, 165, kPortalVenous}, {221, 136, kPortalVenous}, {95, 90, kLate},
      {105, 100, kLate},         {60, 110, kUnknown},       {180, 60, kUnknown},       {230, 110, kPortalVenous},
      {98, 66, kUnknown},        {150, -20, kUnknown}};
  for (const auto& [aorta, liver, phase] : cases) {
    CAPTURE(aorta);
    CAPTURE(liver);
    CHECK(read_contrast(aorta, liver).phase == phase);
  }
  CHECK(read_contrast(std::nullopt, 110).phase == kUnknown);
  CHECK(read_contrast(150, std::nullopt).phase == kUnknown);
}

TEST_CASE("the aorta is found in front of the spine, whatever its brightness, noise and the way the grid lies") {
  for (const double hu : {45.0, 90.0, 150.0, 300.0}) {
    for (const double noise : {0.0, 10.0, 30.0}) {
      CAPTURE(hu);
      CAPTURE(noise);
      Run run;
      const Contrast found = contrast_of({hu, 100, noise}, run);
      REQUIRE(found.aorta_hu.has_value());
      CHECK(*found.aorta_hu == doctest::Approx(hu).epsilon(0.08));
    }
  }
  Run run;
  CHECK(contrast_of({150, 110, 10, true, {-1, 0, 0, 0, -1, 0, 0, 0, 1}}, run).phase == ScanPhase::kPortalVenous);
  const Contrast none = contrast_of({150, 110, 10, false}, run);
  CHECK_FALSE(none.aorta_hu.has_value());
  CHECK(none.phase == ScanPhase::kUnknown);
  CHECK(*none.liver_hu == doctest::Approx(110).epsilon(0.02));
}

TEST_CASE("scans without contrast medium and of the arterial phase are warned of") {
  CHECK(warned({42, 55}, "NON_CONTRAST"));
  CHECK_FALSE(warned({150, 108}, "NON_CONTRAST"));
  CHECK_FALSE(warned({150, 50}, "NON_CONTRAST"));  // a fatty liver beside an enhanced aorta
  CHECK(warned({150, 55, 10, false}, "NON_CONTRAST"));
  CHECK(warned({320, 70}, "ARTERIAL_PHASE"));
  CHECK_FALSE(warned({150, 108}, "ARTERIAL_PHASE"));
}
