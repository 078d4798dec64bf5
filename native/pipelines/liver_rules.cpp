#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "pipelines/plausibility_rules.h"
#include "pipelines/reasons.h"

namespace hepatica {
namespace {

constexpr const char* kImplausible = "IMPLAUSIBLE_RESULT";
constexpr const char* kDoubtful = "DOUBTFUL_RESULT";

// Effective diameter from which a body counts as an adult's.
constexpr double kAdultBodyMm = 200;

// Beyond these a value makes a result doubtful, and implausible.
struct Limits {
  double implausible_below;
  double doubtful_below;
  double doubtful_above;
  double implausible_above;
};

constexpr Limits kAdultMl = {300, 594, 3861, 12000};
constexpr Limits kChildMl = {60, 110, 1500, 4000};
constexpr Limits kMedianHu = {-50, 0, 180, 250};
// Noise and lesions alone; livers in the scans known had 10 to 40.
constexpr double kDoubtfulSpreadHu = 60;
constexpr double kImplausibleSpreadHu = 100;
// Of the body's cross-section, median of the slices; livers in the scans known had 0.09 to 0.25.
constexpr double kDoubtfulOfBody = 0.45;
constexpr double kImplausibleOfBody = 0.65;
// Of its bounding box: an ellipsoid fills 0.52 and a slab cut from it 0.79, livers in the scans known 0.2 to 0.3.
constexpr double kSparse = 0.08;
constexpr double kBoxLike = 0.7;
constexpr double kBoxLikeWhereCut = 0.9;
constexpr double kFlatMm = 50;
constexpr double kLongMm = 400;
constexpr double kBorderSlices = 0.5;
// Of the directions; a skull has nearly all, a chest under 0.4.
constexpr double kSkull = 0.7;
// Over a liver's top there are lungs: the scans known had 560 ml and more, and bowel alone, where lungs were missing,
// to 134 ml. Children's are smaller, effusions drown them.
constexpr double kNoLungMl = 100;
constexpr double kNoChildsLungMl = 10;
constexpr double kLittleLungMl = 200;
// Of its largest slice: a liver whose first or last slice is smaller just ends there.
constexpr double kCutShare = 0.01;
constexpr double kLungBelowMl = 500;
constexpr double kToLeftMm = 25;
constexpr double kToFrontMm = 10;

bool is_cut_at(double slice_mm2, const OrganStatistics& liver) {
  return slice_mm2 >= kCutShare * liver.largest_slice_mm2;
}

bool is_cut(const OrganStatistics& liver) {
  return is_cut_at(liver.first_slice_mm2, liver) || is_cut_at(liver.last_slice_mm2, liver);
}

void compare(double value, const Limits& limits, const std::string& sentence, Judgement& judgement) {
  if (value < limits.implausible_below || value > limits.implausible_above) {
    add_reason(judgement, kImplausible, sentence);
  } else if (value < limits.doubtful_below || value > limits.doubtful_above) {
    add_reason(judgement, kDoubtful, sentence);
  }
}

// What is cut off can only make a liver larger.
void judge_volume(const OrganStatistics& liver, const ScanFacts& scan, Judgement& judgement) {
  const bool adult = scan.body_diameter_mm >= kAdultBodyMm;
  Limits limits = adult ? kAdultMl : kChildMl;
  if (is_cut(liver)) limits.implausible_below = limits.doubtful_below = 0;
  compare(liver.volume_ml, limits,
          "The liver has " + rounded(liver.volume_ml) + " ml, " + (adult ? "adults' livers " : "children's livers ") +
              rounded(limits.doubtful_below > 0 ? limits.doubtful_below
                      : adult                   ? 594
                                                : 110) +
              " to " + rounded(limits.doubtful_above) + " ml",
          judgement);
}

void judge_hu(const OrganStatistics& liver, Judgement& judgement) {
  compare(liver.median_hu, kMedianHu, "The median inside the liver is " + rounded(liver.median_hu) + " HU", judgement);
  if (liver.spread_hu > kDoubtfulSpreadHu) {
    add_reason(judgement, liver.spread_hu > kImplausibleSpreadHu ? kImplausible : kDoubtful,
               "The values inside the liver spread by " + rounded(liver.spread_hu) +
                   " HU: it holds different tissues, or the scan is very noisy");
  }
}

void judge_shape(const OrganStatistics& liver, const ScanFacts& scan, Judgement& judgement) {
  const auto implausible = [&](const std::string& sentence) { add_reason(judgement, kImplausible, sentence); };
  const auto& [x_mm, y_mm, z_mm] = liver.extent_mm;
  const double filled = liver.volume_ml * 1000 / (x_mm * y_mm * z_mm);
  if (filled > (is_cut(liver) ? kBoxLikeWhereCut : kBoxLike) || filled < kSparse) {
    implausible("The liver fills " + rounded(100 * filled) + " % of the box around it: no organ is shaped so");
  }
  const double longest_mm = std::max({x_mm, y_mm, z_mm});
  if (longest_mm > kLongMm) implausible("The liver is " + rounded(longest_mm) + " mm long");
  if (z_mm < kFlatMm && !is_cut(liver) && scan.body_diameter_mm >= kAdultBodyMm) {
    implausible("The liver is " + rounded(z_mm) + " mm high in an adult's body");
  }
  if (liver.of_body > kDoubtfulOfBody) {
    add_reason(judgement, liver.of_body > kImplausibleOfBody ? kImplausible : kDoubtful,
               "The liver fills " + rounded(100 * liver.of_body) + " % of the body's cross-section");
  }
  if (liver.at_border > kBorderSlices) {
    implausible("The liver touches the picture's border in " + rounded(100 * liver.at_border) + " % of its slices");
  }
}

void judge_surroundings(const OrganStatistics& liver, const ScanFacts& scan, Judgement& judgement) {
  if (liver.shell_share > kSkull) {
    add_reason(judgement, kImplausible, "Bone surrounds the body, as in a head");
  }
  // Where air was clipped to a value of fat or more it cannot be seen.
  const bool sees_air = scan.values.minimum <= -150;
  if (is_cut_at(liver.last_slice_mm2, liver) || !sees_air) return;
  if (liver.air_above_ml < kLittleLungMl) {
    const double none_ml = scan.body_diameter_mm >= kAdultBodyMm ? kNoLungMl : kNoChildsLungMl;
    add_reason(judgement, liver.air_above_ml < none_ml ? kImplausible : kDoubtful,
               "There are no lungs over the liver: " + rounded(liver.air_above_ml) +
                   " ml of air in the body, from 60 mm below its top to the last slice");
  }
}

void judge_sides(const OrganStatistics& liver, Judgement& judgement) {
  const std::string ask = ": the scan may be mirrored, or the patient's organs are";
  if (liver.to_left_mm > kToLeftMm) {
    add_reason(judgement, "MIRRORED_PATIENT",
               "The liver lies " + rounded(liver.to_left_mm) + " mm to the left of the body's middle" + ask);
  }
  if (liver.bones_to_back_mm < -kToFrontMm) {
    add_reason(judgement, "MIRRORED_PATIENT",
               "The bones lie " + rounded(-liver.bones_to_back_mm) +
                   " mm in front of the body's middle: the scan may be mirrored front to back");
  }
  if (liver.air_below_ml > kLungBelowMl && liver.air_below_ml > 2 * liver.air_above_ml) {
    add_reason(judgement, "MIRRORED_PATIENT",
               "The lungs lie at the foot end of the liver: the scan may stand on its head");
  }
}

void judge_cut(const OrganStatistics& liver, Judgement& judgement) {
  const auto cut = [&](double area_mm2, const std::string& slice) {
    if (!is_cut_at(area_mm2, liver)) return;
    add_reason(judgement, "LIVER_CUT",
               "The scan's " + slice + " cuts the liver where it is as wide as a circle of " +
                   rounded(2 * std::sqrt(area_mm2 / std::numbers::pi)) + " mm, " +
                   rounded(100 * area_mm2 / liver.largest_slice_mm2) +
                   " % of its largest area: what lies beyond is missing from its volume");
  };
  cut(liver.first_slice_mm2, "slice nearest the feet");
  cut(liver.last_slice_mm2, "slice nearest the head");
}

}  // namespace

Judgement judge(const OrganStatistics& liver, const ScanFacts& scan) {
  Judgement judgement = judge(scan);
  const bool is_scan = judgement.plausibility != Plausibility::kImplausible;
  if (liver.volume_ml == 0) {
    add_reason(judgement, "EMPTY_RESULT", "No liver was found in this volume");
    return judgement;
  }
  judge_volume(liver, scan, judgement);
  judge_hu(liver, judgement);
  judge_shape(liver, scan, judgement);
  // Of values that are no HU nothing can be said about what lies around.
  if (is_scan) judge_surroundings(liver, scan, judgement);
  if (is_scan) judge_sides(liver, judgement);
  judge_cut(liver, judgement);
  return judgement;
}

}  // namespace hepatica
