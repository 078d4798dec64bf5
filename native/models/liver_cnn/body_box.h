// Where the patient lies in each slice, on the network grid: the frame of the coordinate channels ("the general
// location of the liver", paper, Liver localization).
#pragma once

#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "models/liver_cnn/network_grid.h"

namespace hepatica {

// Edges in network pixels: x0 <= x < x1. Fractions come from the median over neighbouring slices.
struct BodyBox {
  float x0 = 0;
  float y0 = 0;
  float x1 = 0;
  float y1 = 0;

  bool operator==(const BodyBox&) const = default;
};

// A network pixel is body where at least half of it is above -150 HU; arms, table and noise thinner than about 8 mm are
// opened away; of the 4-connected parts, those of at least a tenth of the largest one's area count. Each edge is then
// the median over the slices within 20 mm. A slice without body takes the whole plane as its box before the median.
std::vector<BodyBox> body_boxes(const Volume& hu, const NetworkGrid& grid, Run& run);

}  // namespace hepatica
