// Tilted series (gantry tilt) on a grid whose axes are orthogonal, as readers of NIfTI such as ITK demand.
#pragma once

#include "core/volume.h"

namespace hepatica {

// The same slices at the same positions, on a grid whose slice axis is their normal: each slice is shifted in its
// plane, and the grid is widened so that all of them fit. Labels are those of the nearest voxel, HU are interpolated
// linearly between the nearest four (whole numbers stay whole); what no slice covers is 0, and air (-1024 HU).
Mask to_orthonormal(const Mask& mask);
Volume to_orthonormal(const Volume& volume);

}  // namespace hepatica
