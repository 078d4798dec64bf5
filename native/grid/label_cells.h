// From several channels of cells to the likeliest of them at the scan's own voxels.
#pragma once

#include <cstdint>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "grid/cell_grid.h"

namespace hepatica {

struct CellRange {
  int64_t begin = 0;
  int64_t end = 0;
};

// Of a box, the cells whose answer is taken.
struct KeptCells {
  CellRange rows;
  CellRange slices;
};

// Writes, where the voxel's centre lies in the box and in its rows and slices that are `kept`, the value of
// `labels` that belongs to the channel with the largest value there (of equal ones the first): linear along x, y and z,
// clamped inside the box. `cells` holds the channels one after the other; `target` lies in canonical orientation.
void label_cells(const std::vector<float>& cells, const std::vector<uint8_t>& labels, const CellBox& box,
                 const KeptCells& kept, const CellGrid& grid, Mask& target, Run& run);

}  // namespace hepatica
