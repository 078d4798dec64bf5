#include "segmentation/outline_structure.h"

#include <algorithm>

#include "ops/bounding_box.h"
#include "segmentation/box_probabilities.h"
#include "segmentation/z_windows.h"

namespace hepatica {
namespace {

// A structure that comes as near to a face of the box, in cells, goes on behind it.
constexpr Size3 kRim = {2, 2, 1};
constexpr double kGrowthMm = 36;
constexpr int kMostGrowths = 2;

OutlinedStructure outline_box(const CanonicalSlices& source, const BoxMm& box_mm, const BodyFrame& body,
                              int64_t structure, const Encoder3dInference& network, Run& run, EncodedBox* encoded) {
  OutlinedStructure outlined;
  outlined.grid = cell_grid(source.geometry(), network.cell_mm());
  outlined.box = cover_box(box_mm, outlined.grid, Encoder3dConfig::kMultiple);
  const int64_t plane = outlined.box.plane_cells();
  outlined.probability.resize(static_cast<size_t>(outlined.box.cells()));
  EncodedBox* const of_whole = outlined.seen_at_once() ? encoded : nullptr;
  for (const ZWindow& window : z_windows(outlined.box.length, kMostBoxCells)) {
    CellBox box = outlined.box;
    box.begin[2] += window.begin;
    box.length[2] = window.length;
    const std::vector<float> part =
        box_probabilities(source, body, outlined.grid, box, {structure}, network, run, of_whole);
    std::copy_n(part.data() + (window.kept_begin - window.begin) * plane, (window.kept_end - window.kept_begin) * plane,
                outlined.probability.data() + window.kept_begin * plane);
    run.progress(static_cast<double>(window.kept_end) / static_cast<double>(outlined.box.length[2]));
  }
  return outlined;
}

// First and last cell (x, y, z) above the threshold; last below first where none is.
BoundingBox extent_above(const OutlinedStructure& outlined, float threshold) {
  const Size3& length = outlined.box.length;
  BoundingBox extent{length, {-1, -1, -1}};
  const float* p = outlined.probability.data();
  for (int64_t z = 0; z < length[2]; ++z) {
    for (int64_t y = 0; y < length[1]; ++y) {
      for (int64_t x = 0; x < length[0]; ++x, ++p) {
        if (*p <= threshold) continue;
        extent.min = {std::min(extent.min[0], x), std::min(extent.min[1], y), std::min(extent.min[2], z)};
        extent.max = {std::max(extent.max[0], x), std::max(extent.max[1], y), z};
      }
    }
  }
  return extent;
}

}  // namespace

bool OutlinedStructure::seen_at_once() const { return z_windows(box.length, kMostBoxCells).size() == 1; }

OutlinedStructure outline_structure(const CanonicalSlices& source, const LocatedStructure& located, int64_t structure,
                                    float threshold, const Encoder3dInference& network, Run& run, EncodedBox* encoded) {
  OutlinedStructure outlined = outline_box(source, *located.box, located.body, structure, network, run, encoded);
  for (int growth = 0; growth < kMostGrowths; ++growth) {
    const std::optional<BoxMm> grown = grown_box(outlined, threshold);
    if (!grown) break;
    outlined = {};
    if (encoded != nullptr) *encoded = {};
    outlined = outline_box(source, *grown, located.body, structure, network, run, encoded);
  }
  return outlined;
}

std::optional<BoxMm> grown_box(const OutlinedStructure& outlined, float threshold) {
  const auto& [grid, cells, probability] = outlined;
  const BoundingBox extent = extent_above(outlined, threshold);
  BoxMm box;
  bool grows = false;
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t end = cells.begin[axis] + cells.length[axis];
    const bool low = cells.begin[axis] > 0 && extent.min[axis] < kRim[axis];
    const bool high = end < grid.size[axis] && extent.max[axis] >= cells.length[axis] - kRim[axis];
    const double low_mm = static_cast<double>(cells.begin[axis]) * grid.cell_mm[axis];
    const double high_mm = static_cast<double>(end) * grid.cell_mm[axis];
    box.low[axis] = std::max(0.0, low_mm - (low ? kGrowthMm : 0));
    box.high[axis] = std::min(grid.extent_mm[axis], high_mm + (high ? kGrowthMm : 0));
    grows = grows || low || high;
  }
  return grows ? std::optional(box) : std::nullopt;
}

}  // namespace hepatica
