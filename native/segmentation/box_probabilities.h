// What the fine network says of a box of cells.
#pragma once

#include <cstdint>
#include <vector>

#include "core/run.h"
#include "grid/body_frame.h"
#include "grid/canonical_slices.h"
#include "grid/cell_grid.h"
#include "models/encoder3d/encoded_crop.h"
#include "models/encoder3d/inference.h"

namespace hepatica {

// A large liver with its margin has 3 million cells; the network holds about 160 bytes a cell.
inline constexpr int64_t kMostBoxCells = 4'000'000;

// The probability of each of `classes`, one after the other, order (z, y, x) of the box. `encoded`, where it is given,
// is what the encoder saw and made of it. Call it on the inference thread.
std::vector<float> box_probabilities(const CanonicalSlices& source, const BodyFrame& body, const CellGrid& grid,
                                     const CellBox& box, const std::vector<int64_t>& classes,
                                     const Encoder3dInference& network, Run& run, EncodedBox* encoded = nullptr);

}  // namespace hepatica
