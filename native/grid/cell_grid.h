// A grid of cells of one size in millimetres for every scan, in three dimensions and canonical orientation. Cell i of
// an axis covers [i p, (i + 1) p) mm from the outer corner of the source's first voxel; order (z, y, x) in memory.
#pragma once

#include <cstdint>

#include "core/geometry.h"
#include "ops/resample.h"

namespace hepatica {

struct CellGrid {
  Vec3 cell_mm = {1, 1, 1};
  // Cells that cover the source, the last one of an axis perhaps in part.
  Size3 size = {0, 0, 0};
  // Of the source.
  Vec3 extent_mm = {0, 0, 0};

  int64_t cells() const { return size[0] * size[1] * size[2]; }
};

// `source` lies in canonical orientation. Throws UNSUPPORTED_GEOMETRY where the grid would be empty or have above
// 65,535 cells along an axis.
CellGrid cell_grid(const Geometry& source, const Vec3& cell_mm);

// A box of space, in mm from the grid's corner.
struct BoxMm {
  Vec3 low = {0, 0, 0};
  Vec3 high = {0, 0, 0};
};

// A box of cells, which may reach over the grid's end.
struct CellBox {
  Size3 begin = {0, 0, 0};
  Size3 length = {0, 0, 0};

  int64_t cells() const { return length[0] * length[1] * length[2]; }
  int64_t plane_cells() const { return length[0] * length[1]; }
  bool operator==(const CellBox&) const = default;
};

// Whole cells around `box`, each length rounded up to a multiple of `multiple`; moved back where that reaches over the
// grid's end, and over it only where the grid is shorter.
CellBox cover_box(const BoxMm& box, const CellGrid& grid, int64_t multiple);

// The whole grid with its lengths rounded up.
CellBox whole_grid(const CellGrid& grid, int64_t multiple);

// How one axis of a source comes onto the grid: means of what a cell covers where the source is finer, else linear
// between the voxels' centres.
ResampleAxis cell_axis(int64_t source_size, double source_mm, int64_t cells, double cell_mm);

// The way back along one axis: the source's voxels `begin` to `end` have their centres inside the box, and are
// interpolated from its cells.
struct BackAxis {
  int64_t begin = 0;
  int64_t end = 0;
  ResampleAxis axis;
};
BackAxis cells_back_axis(int64_t source_size, double source_mm, int64_t first_cell, int64_t cells, double cell_mm);

// `source` lies in canonical orientation.
struct BackAxes {
  BackAxis x;
  BackAxis y;
  BackAxis z;
};
BackAxes cells_back_axes(const Geometry& source, const CellBox& box, const CellGrid& grid);

}  // namespace hepatica
