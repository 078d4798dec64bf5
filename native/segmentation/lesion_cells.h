// What the 3-D lesion network says of a liver and what lies around it.
#pragma once

#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "grid/canonical_slices.h"
#include "grid/cell_grid.h"
#include "models/lesion3d/inference.h"

namespace hepatica {

struct LesionCells {
  CellGrid grid;
  CellBox box;
  // Of lesion, order (z, y, x) of the box; none where no cell is half in the liver.
  std::vector<float> probability;
};

// `liver` lies in canonical orientation; `reference_hu` is its commonest value. Windows along z bound the memory: a
// mask may be of anything. Call it on the inference thread; reports the run's progress.
LesionCells lesion_cells(const CanonicalSlices& source, const Mask& liver, float reference_hu,
                         const Lesion3dInference& network, Run& run);

}  // namespace hepatica
