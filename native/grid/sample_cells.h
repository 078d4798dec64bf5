// A scan on a grid of cells: the 3-D networks' view of it.
#pragma once

#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "grid/canonical_slices.h"
#include "grid/cell_grid.h"

namespace hepatica {

// Copies of CT for training are saturated here: what lies beyond is air or bone. Clipped before anything is averaged,
// so that such a copy and a scan of full range come out alike.
inline constexpr float kLowestHu = -160;
inline constexpr float kHighestHu = 240;

// HU clipped to the limits (NaN: the lowest), then along y, x and z by cell_axis, in float32; order (z, y, x) of the
// box, kLowestHu where it reaches over the grid's end. Holds a few slices beside its result.
std::vector<float> sample_cells(const CanonicalSlices& source, const CellGrid& grid, const CellBox& box, Run& run);

// How much of each cell is inside a mask in canonical orientation (what is not 0), likewise; 0 over the grid's end.
std::vector<float> sample_cells(const Mask& mask, const CellGrid& grid, const CellBox& box, Run& run);

// What a network sees of a clipped HU value: 0 (air, -1000 HU) to 1, linear; the limits' own values stand for air and
// for bone (400 HU).
void map_to_network_values(std::vector<float>& hu);

}  // namespace hepatica
