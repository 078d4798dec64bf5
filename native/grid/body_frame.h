// Where the body lies in a scan, and a cell's place in it: what tells a network left from right, front from back.
#pragma once

#include <vector>

#include "core/run.h"
#include "grid/cell_grid.h"

namespace hepatica {

struct BodyFrame {
  // Of the slices that the boxes are of.
  double slice_mm = 1;
  // One a slice; x and y in mm from the grid's corner.
  struct Rectangle {
    double x0 = 0;
    double y0 = 0;
    double x1 = 0;
    double y1 = 0;
  };
  std::vector<Rectangle> boxes;

  // Of the slice that holds z mm, or the nearest.
  const Rectangle& at(double z_mm) const;
};

// `hu`: clipped values (grid/sample_cells.h) of the whole of a coarse `grid`, padded to `lengths` behind it.
BodyFrame find_body(const std::vector<float>& hu, const CellGrid& grid, const Size3& lengths, Run& run);

// All slices, and in the plane what any slice's box covers with 12 mm around it, inside the scan.
BoxMm box_of_body(const BodyFrame& body, const Vec3& extent_mm);

// Two channels, x and y, order (channel, z, y, x): the place of each cell's centre relative to the body's box, -1 at
// its left (upper) side and 1 at its right (lower) one, clamped to [-1.5, 1.5]. Cells of cell_mm from corner_mm on.
std::vector<float> body_coordinates(const BodyFrame& body, const Vec3& corner_mm, const Vec3& cell_mm,
                                    const Size3& cells);

}  // namespace hepatica
