#pragma once

#include <cstdint>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

// Fills, in each axial slice on its own, background that is not connected (4 neighbours) to the slice's border, as
// scipy.ndimage.binary_fill_holes does; the result holds 0 and 1. The alternative, filling in 3-D what is not connected
// (by faces) to the volume's border, leaves a vessel or lesion open that leaves the liver in another slice.
Mask fill_holes(Mask mask, Run& run);

void fill_holes_slice(uint8_t* slice, int64_t width, int64_t height);

}  // namespace hepatica
