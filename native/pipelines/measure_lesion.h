// A lesion's extent, size and Hounsfield units on the source grid.
#pragma once

#include "core/run.h"
#include "core/volume.h"
#include "pipelines/classify_lesions.h"

namespace hepatica {

// Everything that the voxels of value `lesion.id` in `ids` say; the box must hold them all and is kept.
void measure_lesion(const Volume& volume, const Mask& ids, Lesion& lesion);

}  // namespace hepatica
