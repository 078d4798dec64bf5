// Where the body lies in each slice: the frame of the network's coordinate channels (method.md: "general location").
#pragma once

#include <vector>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

// In pixels of the network grid, [x0, x1) and [y0, y1); the grid shares the outer corner of the slice (ops/resample.h).
struct BodyBox {
  float x0 = 0;
  float y0 = 0;
  float x1 = 0;
  float y1 = 0;

  bool operator==(const BodyBox&) const = default;
};

struct BodyBoxOptions {
  // Pixel size of the network grid.
  double grid_spacing_mm = 1.5;
  // Above it is body: fat is inside, lung and air are not.
  double threshold_hu = -150;
  // Half side of the square that opens the mask, to drop the table and its cables.
  double opening_mm = 4;
  // Half width of the median over neighbouring slices.
  double median_mm = 20;
};

// One box a slice: pixels of the grid at least half covered by body, opened, the box around all 4-connected parts of at
// least a tenth of the largest; the whole slice where none is left; then the median over the slices around, side by
// side. The volume's in-plane axes must be canonical (ops/orient.h) where the network expects that.
std::vector<BodyBox> body_boxes(const Volume& volume, const BodyBoxOptions& options, Run& run);

}  // namespace hepatica
