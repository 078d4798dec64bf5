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
  for (const ZWindow& window : z_windows(whole.length, kMostBoxCells)) {
    CellBox box = whole;
    box.begin[2] += window.begin;
    box.length[2] = window.length;
    const std::vector<float> probabilities = box_probabilities(source, body, grid, box, classes, network, run);
    const CellRange kept{whole.begin[2] + window.kept_begin, whole.begin[2] + window.kept_end};
    label_cells(probabilities, labels, box, kept, grid, target, run);
    run.progress(static_cast<double>(window.kept_end) / static_cast<double>(whole.length[2]));
  }
  return target;
}

}  // namespace hepatica
