#include "segmentation/box_probabilities.h"

#include <utility>

#include "grid/sample_cells.h"

namespace hepatica {

std::vector<float> box_probabilities(const CanonicalSlices& source, const BodyFrame& body, const CellGrid& grid,
                                     const CellBox& box, const std::vector<int64_t>& classes,
                                     const Encoder3dInference& network, Run& run, EncodedBox* encoded) {
  std::vector<float> values;
  std::vector<float> coordinates;
  {
    const StageTimer timer(run, "network_input");
    values = sample_cells(source, grid, box, run);
    map_to_network_values(values);
    Vec3 corner_mm{};
    Vec3 cell_mm{};
    Size3 cells{};
    for (int axis = 0; axis < 3; ++axis) {
      corner_mm[axis] = static_cast<double>(box.begin[axis]) * grid.cell_mm[axis];
      cell_mm[axis] = static_cast<double>(Encoder3dConfig::kContextCells[axis]) * grid.cell_mm[axis];
      cells[axis] = box.length[axis] / Encoder3dConfig::kContextCells[axis];
    }
    coordinates = body_coordinates(body, corner_mm, cell_mm, cells);
  }
  const StageTimer timer(run, "network");
  auto [probability, features] = network.outline(values, coordinates, box.length, classes, run);
  if (encoded != nullptr) *encoded = {std::move(values), std::move(features)};
  return std::move(probability);
}

}  // namespace hepatica
