// When contrast medium was given before the scan, told from HU. The paper's method, and most networks' training scans,
// are of the portal venous phase.
#pragma once

#include <optional>

namespace hepatica {

enum class ScanPhase { kUnknown, kNonContrast, kArterial, kPortalVenous, kLate };

// What the phase was told from, and the phase.
struct Contrast {
  ScanPhase phase = ScanPhase::kUnknown;
  std::optional<double> aorta_hu;
  std::optional<double> liver_hu;
};

// kUnknown wherever the two do not fit one phase alone: docs/contrast-phase.md has the limits and where they come from.
Contrast read_contrast(std::optional<double> aorta_hu, std::optional<double> liver_hu);

// Whether the scan looks as without contrast medium: by its phase, and where no aorta was found by the liver alone.
bool looks_unenhanced(const Contrast& contrast);

}  // namespace hepatica
