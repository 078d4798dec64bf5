// Cells' values at the pixels' centres of the scan's own slices: linear along x, y and z, clamped inside the box.
#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry.h"
#include "grid/cell_grid.h"

namespace hepatica {

// The plane of cells, `plane_cells` of them, at one of the samples of the axis along z.
void interpolate_plane(const float* cells, int64_t plane_cells, const ResampleAxis& z, int64_t sample,
                       std::vector<float>& plane);

// Keeps a reference to the cells, order (z, y, x) of the box. Thread-safe.
class CellInterpolation {
 public:
  // `source` lies in canonical orientation.
  CellInterpolation(const std::vector<float>& cells, const CellBox& box, const CellGrid& grid, const Geometry& source)
      : cells_(cells), box_(box), width_(source.size[0]), axes_(cells_back_axes(source, box, grid)) {}

  // In the pixels of slice `z`; those whose centres lie outside the box are left as they are.
  void slice(int64_t z, float* values) const;

 private:
  const std::vector<float>& cells_;
  CellBox box_;
  int64_t width_;
  BackAxes axes_;
};

}  // namespace hepatica
