#include <algorithm>
#include <string>

#include "pipelines/plausibility_rules.h"
#include "pipelines/reasons.h"

namespace hepatica {
namespace {

constexpr const char* kImplausibleValues = "IMPLAUSIBLE_VALUES";

// A picture of 8 bits has 256 values, a mask or a drawing few.
constexpr int64_t kFewValues = 32;
// Air is -1000 HU: a scan without it was cropped, clipped, or holds no HU.
constexpr double kNoAirHu = -300;
constexpr double kAirHu = -900;
// Of all voxels: an abdomen with the air around it has a third to two thirds of soft tissue, and under 1 % of bone as
// dense as that.
constexpr double kNoSoftTissue = 0.02;
constexpr double kTooDense = 0.1;
// Of 3 mm pixels that touch; CT has over 0.85.
constexpr double kUnrelated = 0.5;
// CT in order has under 0.65.
constexpr double kShuffled = 0.85;
// Shares of the voxels exactly at the window's ends. Unclipped scans have one voxel at their maximum.
constexpr double kClippedLow = 0.01;
constexpr double kClippedHigh = 0.0005;
// Below what scanners clip at themselves.
constexpr double kClippedHighHu = 1500;
constexpr double kLeastBodyMm = 80;
constexpr double kSmallBodyMm = 180;
constexpr double kLargeBodyMm = 450;
constexpr double kMostBodyMm = 600;
// The largest field of view of most scanners, which 512 pixels of 1 mm exceed, and the least body that says that such
// pixels are not a resampled volume with a margin around it.
constexpr double kFieldOfViewMm = 500;
constexpr double kFillsFieldOfViewMm = 340;
constexpr double kThickSliceMm = 10;

void judge_values(const ScanFacts& scan, Judgement& judgement) {
  const ValueStatistics& values = scan.values;
  const auto implausible = [&](const std::string& sentence) { add_reason(judgement, kImplausibleValues, sentence); };
  if (values.distinct <= 1) return implausible("All voxels have the same value, " + rounded(values.minimum));
  if (values.distinct < kFewValues) {
    return implausible("There are only " + std::to_string(values.distinct) +
                       " different values, as in a mask: this is no CT scan in HU");
  }
  if (values.minimum >= 0) {
    implausible("The lowest value is " + rounded(values.minimum) +
                ": there is neither air nor fat, as in stored values without their rescale intercept");
  } else if (is_windowed(values)) {
    add_reason(judgement, "WINDOWED_VALUES",
               "The values are clipped to [" + rounded(values.minimum) + ", " + rounded(values.maximum) +
                   "] as by a display window: air, and what is denser, can no longer be told from what lies beside");
  } else if (values.minimum > kNoAirHu) {
    implausible("The lowest value is " + rounded(values.minimum) + " HU: there is no air");
  }
  if (values.soft_tissue < kNoSoftTissue) {
    implausible("Only " + rounded(100 * values.soft_tissue) + " % of the voxels are as soft tissue (-150 to 250 HU)");
  }
  if (values.dense > kTooDense) {
    implausible(rounded(100 * values.dense) +
                " % of the voxels are above 700 HU, as dense bone: the rescale intercept may be missing");
  }
}

void judge_body(const ScanFacts& scan, Judgement& judgement) {
  const double diameter_mm = scan.body_diameter_mm;
  const std::string size = "The body is as wide as a circle of " + rounded(diameter_mm) + " mm";
  const auto& [x_mm, y_mm, z_mm] = scan.geometry.spacing_mm;
  const auto pixels = std::max(scan.geometry.size[0], scan.geometry.size[1]);
  if (diameter_mm < kLeastBodyMm || diameter_mm > kMostBodyMm) {
    add_reason(judgement, kImplausibleValues, size + ": no patient is; look at the spacing");
  } else if (x_mm == 1 && y_mm == 1 && z_mm == 1 && static_cast<double>(pixels) > kFieldOfViewMm &&
             diameter_mm > kFillsFieldOfViewMm) {
    add_reason(judgement, kImplausibleValues,
               size + " in a field of view of " + std::to_string(pixels) +
                   " mm, with a spacing of 1 × 1 × 1 mm, which is what a file says that has lost its spacing");
  } else if (diameter_mm < kSmallBodyMm || diameter_mm > kLargeBodyMm) {
    add_reason(judgement, "DOUBTFUL_VALUES",
               size + (diameter_mm < kSmallBodyMm ? ", as of a child or a head" : ", more than nearly all patients") +
                   ": the networks were trained on adults' abdomens");
  }
}

// Not those before the first and after the last slice with something in it.
int64_t blank_slices_inside(const ScanFacts& scan) {
  const auto& blank = scan.values.blank_slices;
  const int64_t slices = scan.geometry.slice_count();
  int64_t before = 0;
  while (before < static_cast<int64_t>(blank.size()) && blank[before] == before) ++before;
  int64_t after = 0;
  while (after < static_cast<int64_t>(blank.size()) - before && *(blank.end() - 1 - after) == slices - 1 - after) {
    ++after;
  }
  return static_cast<int64_t>(blank.size()) - before - after;
}

void judge_slices(const ScanFacts& scan, Judgement& judgement) {
  if (const int64_t blank = blank_slices_inside(scan); blank > 0) {
    add_reason(judgement, "BLANK_SLICES",
               std::to_string(blank) + (blank == 1 ? " slice" : " slices") +
                   " inside the scan hold a single value: what lay there is not found, and volumes come out too small");
  }
  if (scan.geometry.spacing_mm[2] > kThickSliceMm) {
    add_reason(judgement, "THICK_SLICES",
               "The slices lie " + rounded(scan.geometry.spacing_mm[2]) +
                   " mm apart: volumes are rough, and what is smaller is missed");
  }
}

}  // namespace

bool is_windowed(const ValueStatistics& values) {
  if (values.minimum <= kAirHu || values.at_minimum < kClippedLow) return false;
  const bool high = values.maximum < kClippedHighHu && values.at_maximum >= kClippedHigh;
  return high || values.minimum > kNoAirHu;
}

Judgement judge(const ScanFacts& scan) {
  Judgement judgement;
  judge_values(scan, judgement);
  // What follows would only repeat that these are no pictures.
  if (scan.values.distinct < kFewValues) return judgement;
  if (scan.neighbour_correlation < kUnrelated) {
    add_reason(judgement, kImplausibleValues, "Neighbouring voxels have nothing to do with one another: this is noise");
    return judgement;
  }
  if (scan.slice_disorder > kShuffled) {
    add_reason(judgement, kImplausibleValues,
               "Neighbouring slices differ as much as distant ones: they lie in no order");
  }
  judge_body(scan, judgement);
  judge_slices(scan, judgement);
  return judgement;
}

}  // namespace hepatica
