// Hounsfield units inside a mask.
#pragma once

#include "core/volume.h"

namespace hepatica {

// The commonest value between -100 and 239 HU: the mode of the histogram smoothed by a Gaussian of 8 HU, over every
// fourth voxel. Of a liver it is that of its healthy tissue even where a tumour fills a third of it, which shifts the
// median. Values at and beyond the limits, where copies of narrow windows pile up, are not counted. 0 where nothing is.
float mode_hu(const Volume& volume, const Mask& mask);

}  // namespace hepatica
