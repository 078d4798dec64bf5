// A lesion's extent, size and Hounsfield units on the source grid.
#pragma once

#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "pipelines/classify_lesions.h"

namespace hepatica {

// Everything that the voxels of value `lesion.id` in `ids` say; the box must hold them all and is kept.
void measure_lesion(const Volume& volume, const Mask& ids, Lesion& lesion);

// Fills in `look` of measured lesions, by their number in `ids`.
void look_at_lesions(const Volume& volume, const Mask& liver, const Mask& ids, std::vector<Lesion>& lesions, Run& run);

}  // namespace hepatica
