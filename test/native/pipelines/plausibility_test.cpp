#include "pipelines/plausibility.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "pipelines/plausibility_rules.h"

using namespace hepatica;

namespace {

// A scan and a liver about which there is nothing to say.
ScanFacts good_scan() {
  ScanFacts scan;
  scan.geometry.size = {512, 512, 100};
  scan.geometry.spacing_mm = {0.7, 0.7, 2.5};
  scan.values = {-1024, 1500, 2400, 0.01, 0, 0.4, 0.003, {}};
  scan.neighbour_correlation = 0.95;
  scan.slice_disorder = 0.3;
  scan.body_diameter_mm = 290;
  return scan;
}

OrganStatistics good_liver() {
  OrganStatistics liver;
  liver.volume_ml = 1500;
  liver.extent_mm = {200, 170, 150};
  liver.largest_slice_mm2 = 18000;
  liver.median_hu = 105;
  liver.spread_hu = 20;
  liver.of_body = 0.15;
  liver.shell_share = 0.1;
  liver.to_left_mm = -60;
  liver.bones_to_back_mm = 40;
  liver.air_above_ml = 900;
  liver.air_below_ml = 100;
  return liver;
}

bool has(const Judgement& judgement, const std::string& code) {
  return std::any_of(judgement.reasons.begin(), judgement.reasons.end(),
                     [&](const Warning& reason) { return reason.code == code; });
}

using ChangeScan = std::function<void(ScanFacts&)>;
using ChangeLiver = std::function<void(OrganStatistics&)>;

// The change `beyond` gives this code and its verdict, the change `within` nothing at all.
void check_scan(const std::string& code, const ChangeScan& within, const ChangeScan& beyond) {
  CAPTURE(code);
  ScanFacts good = good_scan();
  within(good);
  const Judgement fine = judge(good_liver(), good);
  for (const auto& [unexpected, message] : fine.reasons) FAIL_CHECK(unexpected, ": ", message);
  ScanFacts bad = good_scan();
  beyond(bad);
  const Judgement judged = judge(bad);
  CHECK(has(judged, code));
  CHECK((judged.plausibility == Plausibility::kImplausible) == code.starts_with("IMPLAUSIBLE"));
}

void check_liver(const std::string& code, const ChangeLiver& within, const ChangeLiver& beyond) {
  CAPTURE(code);
  OrganStatistics good = good_liver();
  within(good);
  const Judgement fine = judge(good, good_scan());
  for (const auto& [unexpected, message] : fine.reasons) FAIL_CHECK(unexpected, ": ", message);
  OrganStatistics bad = good_liver();
  beyond(bad);
  const Judgement judged = judge(bad, good_scan());
  CHECK(has(judged, code));
  CHECK((judged.plausibility == Plausibility::kImplausible) == code.starts_with("IMPLAUSIBLE"));
}

}  // namespace

TEST_CASE("what is in order is plausible") {
  const Judgement judged = judge(good_liver(), good_scan());
  CHECK(judged.plausibility == Plausibility::kPlausible);
  CHECK(judged.reasons.empty());
}

TEST_CASE("values that are no HU, on both sides of each limit") {
  const std::string code = "IMPLAUSIBLE_VALUES";
  check_scan(
      code, [](ScanFacts& scan) { scan.values.distinct = 32; }, [](ScanFacts& scan) { scan.values.distinct = 31; });
  check_scan(
      code, [](ScanFacts& scan) { scan.values.minimum = -301; },
      [](ScanFacts& scan) { scan.values.minimum = -299, scan.values.at_minimum = 0.009; });
  check_scan(
      code, [](ScanFacts&) {}, [](ScanFacts& scan) { scan.values.minimum = 0; });
  check_scan(
      code, [](ScanFacts& scan) { scan.values.soft_tissue = 0.021; },
      [](ScanFacts& scan) { scan.values.soft_tissue = 0.019; });
  check_scan(
      code, [](ScanFacts& scan) { scan.values.dense = 0.09; }, [](ScanFacts& scan) { scan.values.dense = 0.11; });
  check_scan(
      code, [](ScanFacts& scan) { scan.neighbour_correlation = 0.51; },
      [](ScanFacts& scan) { scan.neighbour_correlation = 0.49; });
  check_scan(
      code, [](ScanFacts& scan) { scan.slice_disorder = 0.84; }, [](ScanFacts& scan) { scan.slice_disorder = 0.86; });
  check_scan(
      code, [](ScanFacts& scan) { scan.body_diameter_mm = 440; }, [](ScanFacts& scan) { scan.body_diameter_mm = 601; });
  check_scan(
      code, [](ScanFacts& scan) { scan.body_diameter_mm = 181; }, [](ScanFacts& scan) { scan.body_diameter_mm = 79; });
}

TEST_CASE("a spacing of 1 × 1 × 1 mm is lost where the field of view and the body are too large for it") {
  const auto ones = [](ScanFacts& scan, double diameter_mm, int64_t pixels) {
    scan.geometry.spacing_mm = {1, 1, 1};
    scan.geometry.size = {pixels, pixels, 100};
    scan.body_diameter_mm = diameter_mm;
  };
  check_scan(
      "IMPLAUSIBLE_VALUES", [&](ScanFacts& scan) { ones(scan, 300, 512); },
      [&](ScanFacts& scan) { ones(scan, 380, 512); });
  check_scan(
      "IMPLAUSIBLE_VALUES", [&](ScanFacts& scan) { ones(scan, 380, 480); },
      [&](ScanFacts& scan) { ones(scan, 380, 768); });
}

TEST_CASE("a window is doubtful alone, and not one that scanners clip at") {
  const auto clip = [](double low, double high, double at_low, double at_high) {
    return [=](ScanFacts& scan) { scan.values = {low, high, 256, at_low, at_high, 0.4, 0.003, {}}; };
  };
  check_scan("WINDOWED_VALUES", clip(-1024, 240, 0.5, 0.01), clip(-160, 240, 0.5, 0.01));
  check_scan("WINDOWED_VALUES", clip(-1000, 3071, 0.3, 0.001), clip(-200, 300, 0.011, 0.0006));
  check_scan("WINDOWED_VALUES", clip(-450, 400, 0.009, 0.01), clip(-450, 400, 0.011, 0.01));
  // Clipped below alone: the air is there, but it is -100 HU.
  check_scan("WINDOWED_VALUES", clip(-500, 1500, 0.3, 0), clip(-100, 1500, 0.3, 0));
}

TEST_CASE("slices that are missing, blank or far apart are doubtful") {
  check_scan(
      "THICK_SLICES", [](ScanFacts& scan) { scan.geometry.spacing_mm[2] = 10; },
      [](ScanFacts& scan) { scan.geometry.spacing_mm[2] = 10.1; });
  const auto blank = [](std::vector<int64_t> slices) {
    return [slices = std::move(slices)](ScanFacts& scan) { scan.values.blank_slices = slices; };
  };
  check_scan("BLANK_SLICES", blank({0, 1, 2, 98, 99}), blank({50}));
  check_scan("BLANK_SLICES", blank({99}), blank({0, 1, 3, 99}));
  check_scan(
      "DOUBTFUL_VALUES", [](ScanFacts& scan) { scan.body_diameter_mm = 181; },
      [](ScanFacts& scan) { scan.body_diameter_mm = 179; });
  check_scan(
      "DOUBTFUL_VALUES", [](ScanFacts& scan) { scan.body_diameter_mm = 449; },
      [](ScanFacts& scan) { scan.body_diameter_mm = 451; });
}

TEST_CASE("livers that cannot be, on both sides of each limit") {
  const std::string code = "IMPLAUSIBLE_RESULT";
  const auto volume = [](double ml) {
    return [=](OrganStatistics& liver) {
      liver.volume_ml = ml;
      liver.extent_mm = {std::cbrt(ml * 4000), std::cbrt(ml * 4000), std::cbrt(ml * 4000)};
    };
  };
  check_liver(code, volume(600), volume(299));
  check_liver(code, volume(3860), volume(12001));
  check_liver("DOUBTFUL_RESULT", volume(600), volume(590));
  check_liver("DOUBTFUL_RESULT", volume(600), volume(301));
  check_liver("DOUBTFUL_RESULT", volume(3860), volume(3870));
  const auto hu = [](double median, double spread) {
    return [=](OrganStatistics& liver) { liver.median_hu = median, liver.spread_hu = spread; };
  };
  check_liver(code, hu(1, 20), hu(-51, 20));
  check_liver(code, hu(179, 20), hu(251, 20));
  check_liver("DOUBTFUL_RESULT", hu(55, 59), hu(-10, 20));
  check_liver("DOUBTFUL_RESULT", hu(55, 59), hu(190, 20));
  check_liver("DOUBTFUL_RESULT", hu(100, 59), hu(100, 61));
  check_liver(code, hu(100, 59), hu(100, 101));
  const auto extent = [](double x, double y, double z) {
    return [=](OrganStatistics& liver) { liver.extent_mm = {x, y, z}; };
  };
  check_liver(code, extent(250, 200, 51), extent(250, 200, 49));
  check_liver(code, extent(399, 200, 150), extent(401, 200, 150));
  check_liver(code, extent(200, 150, 75), extent(150, 140, 100));   // 67 % and 71 % of the box
  check_liver(code, extent(300, 250, 240), extent(350, 300, 200));  // 8.3 % and 7.1 %
  const auto set = [](double OrganStatistics::*member, double value) {
    return [=](OrganStatistics& liver) { liver.*member = value; };
  };
  check_liver(code, set(&OrganStatistics::of_body, 0.44), set(&OrganStatistics::of_body, 0.66));
  check_liver("DOUBTFUL_RESULT", set(&OrganStatistics::of_body, 0.44), set(&OrganStatistics::of_body, 0.46));
  check_liver(code, set(&OrganStatistics::at_border, 0.5), set(&OrganStatistics::at_border, 0.51));
  check_liver(code, set(&OrganStatistics::shell_share, 0.69), set(&OrganStatistics::shell_share, 0.71));
  check_liver(code, set(&OrganStatistics::air_above_ml, 201), set(&OrganStatistics::air_above_ml, 99));
  check_liver("DOUBTFUL_RESULT", set(&OrganStatistics::air_above_ml, 201), set(&OrganStatistics::air_above_ml, 199));
}

TEST_CASE("a liver that the scan cuts is doubtful, however small, and needs no lungs") {
  const auto cut = [](double OrganStatistics::*end, double mm2) {
    return [=](OrganStatistics& liver) { liver.*end = mm2; };
  };
  for (const auto end : {&OrganStatistics::first_slice_mm2, &OrganStatistics::last_slice_mm2}) {
    check_liver("LIVER_CUT", cut(end, 179), cut(end, 181));
    check_liver("LIVER_CUT", cut(end, 0), [=](OrganStatistics& liver) {
      liver.*end = 18000;
      liver.volume_ml = 40;
      liver.extent_mm = {80, 80, 30};
    });
  }
  OrganStatistics headless = good_liver();
  headless.last_slice_mm2 = 9000;
  headless.air_above_ml = 5;
  const Judgement judged = judge(headless, good_scan());
  CHECK(judged.reasons.size() == 1);
  CHECK(judged.reasons.at(0).message.find("107 mm, 50 %") != std::string::npos);
}

TEST_CASE("mirrored patients are doubtful only: situs inversus is real") {
  const auto set = [](double OrganStatistics::*member, double value) {
    return [=](OrganStatistics& liver) { liver.*member = value; };
  };
  check_liver("MIRRORED_PATIENT", set(&OrganStatistics::to_left_mm, 24), set(&OrganStatistics::to_left_mm, 26));
  check_liver("MIRRORED_PATIENT", set(&OrganStatistics::bones_to_back_mm, -9),
              set(&OrganStatistics::bones_to_back_mm, -11));
  check_liver("MIRRORED_PATIENT", set(&OrganStatistics::air_below_ml, 1700), set(&OrganStatistics::air_below_ml, 1900));
}

TEST_CASE("children are doubtful, not implausible") {
  ScanFacts child = good_scan();
  child.body_diameter_mm = 120;
  OrganStatistics liver = good_liver();
  liver.volume_ml = 140;
  liver.extent_mm = {90, 70, 60};
  liver.air_above_ml = 40;
  CHECK(judge(liver, child).plausibility == Plausibility::kDoubtful);
  liver.volume_ml = 59;
  CHECK(judge(liver, child).plausibility == Plausibility::kImplausible);
}

TEST_CASE("each code once, with all that was found under it") {
  ScanFacts scan = good_scan();
  scan.values.minimum = 0;
  scan.values.dense = 0.5;
  const Judgement judged = judge(good_liver(), scan);
  REQUIRE(judged.reasons.size() == 1);
  CHECK(judged.reasons[0].message.find("intercept. 50 %") != std::string::npos);
}

TEST_CASE("nothing found in a scan is doubtful") {
  const Judgement judged = judge(OrganStatistics{}, good_scan());
  CHECK(judged.plausibility == Plausibility::kDoubtful);
  CHECK(has(judged, "EMPTY_RESULT"));
}
