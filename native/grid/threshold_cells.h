// From a box of cells back to the scan's own voxels.
#pragma once

#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "grid/cell_grid.h"

namespace hepatica {

// 1 where the cells' values, linear along x, y and z at the voxel's centre and clamped inside the box, are above the
// threshold; 0 where the voxel's centre lies outside the box. `source` lies in canonical orientation.
Mask threshold_cells(const std::vector<float>& cells, const CellBox& box, const CellGrid& grid, float threshold,
                     const Geometry& source, Run& run);

}  // namespace hepatica
