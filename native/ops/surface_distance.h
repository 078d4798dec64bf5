// How far the surfaces of two masks lie apart, where overlap says little: 95th percentile of the Hausdorff distance,
// and the surface Dice of Nikolov et al. (2018, arXiv:1809.04430), on the masks' own anisotropic grid.
#pragma once

#include <optional>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

struct SurfaceAgreement {
  // The larger one of both directions' 95th percentiles, mm; 0 where both masks are empty, none where one is.
  std::optional<double> hd95_mm;
  // Part of both surfaces that lies within the tolerance of the other; 1 where both masks are empty.
  double surface_dice = 0;
};

// What radiologists differ by at the liver's border.
inline constexpr double kSurfaceToleranceMm = 2;

// A mask's surface: its voxels (non-zero) with a face neighbour outside it, or at the border of the volume. Percentiles
// are interpolated linearly. The masks have one size; spacing is the prediction's.
SurfaceAgreement compare_surfaces(const Mask& prediction, const Mask& reference, double tolerance_mm, Run& run);

}  // namespace hepatica
