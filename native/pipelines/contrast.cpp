#include "pipelines/contrast.h"

namespace hepatica {
namespace {

// Blood without contrast medium has 30 to 60 HU, unenhanced livers 50 to 65 (fatty ones less).
constexpr double kUnenhancedAortaHu = 75;
constexpr double kUnenhancedLiverHu = 80;
// Portal venous livers have about 90 to 120 HU: what is darker than this may be unenhanced, or fatty.
constexpr double kDarkLiverHu = 68;
// Late arterial aortas have 250 HU and more, when the liver has hardly begun to take up.
constexpr double kArterialAortaHu = 220;
constexpr double kArterialRatio = 2.4;
// Some 70 s after the injection the aorta has 120 to 180 HU, more than the liver.
constexpr double kPortalAortaHu = 105;
constexpr double kPortalRatio = 1.2;
constexpr double kBrightAortaHu = 130;
constexpr double kEnhancedLiverHu = 75;
// Minutes later both have come down, and together.
constexpr double kLateAortaFromHu = 80;
constexpr double kLateAortaToHu = 125;
constexpr double kLateRatio = 1.15;

bool is_portal_venous(double aorta_hu, double liver_hu) {
  const double ratio = aorta_hu / liver_hu;
  if (aorta_hu < kPortalAortaHu || ratio >= kArterialRatio) return false;
  return ratio >= kPortalRatio || (aorta_hu >= kBrightAortaHu && liver_hu >= kEnhancedLiverHu);
}

ScanPhase phase_of(double aorta_hu, double liver_hu) {
  if (liver_hu <= 0) return ScanPhase::kUnknown;
  if (aorta_hu <= kUnenhancedAortaHu) {
    return liver_hu <= kUnenhancedLiverHu ? ScanPhase::kNonContrast : ScanPhase::kUnknown;
  }
  if (aorta_hu >= kArterialAortaHu && aorta_hu >= kArterialRatio * liver_hu) return ScanPhase::kArterial;
  if (is_portal_venous(aorta_hu, liver_hu)) return ScanPhase::kPortalVenous;
  const bool is_late = aorta_hu >= kLateAortaFromHu && aorta_hu <= kLateAortaToHu && liver_hu >= kEnhancedLiverHu &&
                       aorta_hu < kLateRatio * liver_hu;
  return is_late ? ScanPhase::kLate : ScanPhase::kUnknown;
}

}  // namespace

Contrast read_contrast(std::optional<double> aorta_hu, std::optional<double> liver_hu) {
  Contrast contrast{ScanPhase::kUnknown, aorta_hu, liver_hu};
  if (aorta_hu && liver_hu) contrast.phase = phase_of(*aorta_hu, *liver_hu);
  return contrast;
}

bool looks_unenhanced(const Contrast& contrast) {
  if (contrast.phase == ScanPhase::kNonContrast) return true;
  return !contrast.aorta_hu && contrast.liver_hu && *contrast.liver_hu < kDarkLiverHu;
}

}  // namespace hepatica
