// Where lesions lie in their liver.
#pragma once

#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "pipelines/classify_lesions.h"

namespace hepatica {

// Fills in `octant` and `surface_distance_mm` of measured lesions. `ids` and `liver` lie on one grid.
void place_lesions(const Mask& liver, const Mask& ids, std::vector<Lesion>& lesions, Run& run);

}  // namespace hepatica
