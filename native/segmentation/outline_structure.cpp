#include "segmentation/outline_structure.h"

#include <algorithm>

#include "grid/sample_cells.h"
#include "segmentation/z_windows.h"

namespace hepatica {
namespace {

// A large liver with its margin has 3 million cells; the network holds about 160 bytes a cell.
constexpr int64_t kMostCells = 4'000'000;

std::vector<float> window_probability(const CanonicalSlices& source, const BodyFrame& body, const CellGrid& grid,
                                      const CellBox& box, int64_t structure, const Encoder3dInference& network,
                                      Run& run) {
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
  return network.outline(values, coordinates, box.length, structure, run);
}

}  // namespace

OutlinedStructure outline_structure(const CanonicalSlices& source, const LocatedStructure& located, int64_t structure,
                                    const Encoder3dInference& network, Run& run) {
  OutlinedStructure outlined;
  outlined.grid = cell_grid(source.geometry(), Encoder3dConfig::kCellMm);
  outlined.box = cover_box(*located.box, outlined.grid, Encoder3dConfig::kMultiple);
  const int64_t plane = outlined.box.plane_cells();
  outlined.probability.resize(static_cast<size_t>(outlined.box.cells()));
  for (const ZWindow& window : z_windows(outlined.box.length, kMostCells)) {
    CellBox box = outlined.box;
    box.begin[2] += window.begin;
    box.length[2] = window.length;
    const std::vector<float> part =
        window_probability(source, located.body, outlined.grid, box, structure, network, run);
    std::copy_n(part.data() + (window.kept_begin - window.begin) * plane, (window.kept_end - window.kept_begin) * plane,
                outlined.probability.data() + window.kept_begin * plane);
    run.progress(static_cast<double>(window.kept_end) / static_cast<double>(outlined.box.length[2]));
  }
  return outlined;
}

}  // namespace hepatica
