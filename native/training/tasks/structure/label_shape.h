// What the labels alone say of a structure's shape: where no validation patient may choose, they do.
#pragma once

#include <span>

#include "models/postprocessing.h"
#include "training/tasks/structure/grid_scan.h"

namespace hepatica {

// The strictest postprocessing that leaves 95 % of the labels' voxels as they are, in the mean over the scans: one
// piece, else those above a tenth of the largest, else all; holes filled, else not.
Postprocessing postprocessing_of_labels(std::span<const GridScan> scans, Run& run);

}  // namespace hepatica
