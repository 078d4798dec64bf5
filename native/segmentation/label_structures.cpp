#include "segmentation/label_structures.h"

#include "grid/label_cells.h"
#include "segmentation/box_probabilities.h"
#include "segmentation/locate_structure.h"
#include "segmentation/z_windows.h"

namespace hepatica {

Mask label_structures(const CanonicalSlices& source, const std::vector<int64_t>& classes,
                      const Encoder3dInference& network, Run& run) {
  const BodyFrame body = locate_body(source, run);
  const CellGrid grid = cell_grid(source.geometry(), network.cell_mm());
  const CellBox whole = cover_box(box_of_body(body, grid.extent_mm), grid, Encoder3dConfig::kMultiple);
  const std::vector<uint8_t> labels(classes.begin(), classes.end());
  Mask target{source.geometry(), std::vector<uint8_t>(static_cast<size_t>(source.geometry().voxel_count()))};
  const std::vector<BoxWindow> windows = box_windows(whole.length, kMostBoxCells);
  for (size_t i = 0; i < windows.size(); ++i) {
    const auto& [rows, slices] = windows[i];
    const CellBox box = {{whole.begin[0], whole.begin[1] + rows.begin, whole.begin[2] + slices.begin},
                         {whole.length[0], rows.length, slices.length}};
    const std::vector<float> probabilities = box_probabilities(source, body, grid, box, classes, network, run);
    const auto kept = [&](const ZWindow& window, int axis) {
      return CellRange{whole.begin[axis] + window.kept_begin, whole.begin[axis] + window.kept_end};
    };
    label_cells(probabilities, labels, box, {kept(rows, 1), kept(slices, 2)}, grid, target, run);
    run.progress(static_cast<double>(i + 1) / static_cast<double>(windows.size()));
  }
  return target;
}

}  // namespace hepatica
