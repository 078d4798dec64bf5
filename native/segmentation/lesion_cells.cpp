#include "segmentation/lesion_cells.h"

#include <algorithm>
#include <optional>

#include "grid/sample_cells.h"
#include "ops/bounding_box.h"
#include "segmentation/box_probabilities.h"
#include "segmentation/z_windows.h"

namespace hepatica {
namespace {

// A cell is the liver's that is inside by more.
constexpr float kInside = 0.5F;

BoxMm box_mm(const Size3& begin, const Size3& end, const Vec3& cell_mm) {
  BoxMm box;
  for (int axis = 0; axis < 3; ++axis) {
    box.low[axis] = static_cast<double>(begin[axis]) * cell_mm[axis];
    box.high[axis] = static_cast<double>(end[axis]) * cell_mm[axis];
  }
  return box;
}

// The liver's cells with the margin around them; empty: none.
std::optional<CellBox> liver_box(const Mask& liver, const CellGrid& grid, Run& run) {
  const std::optional<BoundingBox> voxels = bounding_box(liver);
  if (!voxels) return std::nullopt;
  const Size3 behind = {voxels->max[0] + 1, voxels->max[1] + 1, voxels->max[2] + 1};
  const CellBox near = cover_box(box_mm(voxels->min, behind, liver.geometry.spacing_mm), grid, 1);
  const std::vector<float> inside = sample_cells(liver, grid, near, run);
  Size3 min = near.length;
  Size3 end = {0, 0, 0};
  const float* cell = inside.data();
  for (int64_t z = 0; z < near.length[2]; ++z) {
    for (int64_t y = 0; y < near.length[1]; ++y) {
      for (int64_t x = 0; x < near.length[0]; ++x, ++cell) {
        if (*cell <= kInside) continue;
        min = {std::min(min[0], x), std::min(min[1], y), std::min(min[2], z)};
        end = {std::max(end[0], x + 1), std::max(end[1], y + 1), std::max(end[2], z + 1)};
      }
    }
  }
  if (end[0] == 0) return std::nullopt;
  for (int axis = 0; axis < 3; ++axis) {
    const auto margin = static_cast<int64_t>(Lesion3dConfig::kMarginMm / grid.cell_mm[axis]);
    min[axis] = std::max<int64_t>(0, near.begin[axis] + min[axis] - margin);
    end[axis] = std::min(grid.size[axis], near.begin[axis] + end[axis] + margin);
  }
  return cover_box(box_mm(min, end, grid.cell_mm), grid, Lesion3dConfig::kMultiple);
}

std::vector<float> window_probability(const CanonicalSlices& source, const Mask& liver, float reference_hu,
                                      const CellGrid& grid, const CellBox& box, const Lesion3dInference& network,
                                      Run& run) {
  std::vector<float> values;
  std::vector<float> relative;
  std::vector<float> mask;
  {
    const StageTimer timer(run, "lesion_input_3d");
    values = sample_cells(source, grid, box, run);
    mask = sample_cells(liver, grid, box, run);
    relative.resize(values.size());
    std::transform(values.begin(), values.end(), relative.begin(), [reference_hu](float hu) {
      return std::clamp((hu - reference_hu) / Lesion3dConfig::kContrastHu, -Lesion3dConfig::kContrastLimit,
                        Lesion3dConfig::kContrastLimit);
    });
    map_to_network_values(values);
    for (float& inside : mask) inside = inside > kInside ? 1.0F : 0.0F;
  }
  const StageTimer timer(run, "lesion_network_3d");
  return network.locate(values, relative, mask, box.length, run);
}

}  // namespace

LesionCells lesion_cells(const CanonicalSlices& source, const Mask& liver, float reference_hu,
                         const Lesion3dInference& network, Run& run) {
  LesionCells cells;
  cells.grid = cell_grid(source.geometry(), Lesion3dConfig::kCellMm);
  const std::optional<CellBox> whole = liver_box(liver, cells.grid, run);
  if (!whole) return cells;
  cells.box = *whole;
  cells.probability.resize(static_cast<size_t>(whole->cells()));
  const int64_t plane = whole->plane_cells();
  for (const ZWindow& window : z_windows(whole->length, kMostBoxCells)) {
    run.check_cancelled();
    CellBox box = *whole;
    box.begin[2] += window.begin;
    box.length[2] = window.length;
    const std::vector<float> part = window_probability(source, liver, reference_hu, cells.grid, box, network, run);
    std::copy_n(part.data() + (window.kept_begin - window.begin) * plane, (window.kept_end - window.kept_begin) * plane,
                cells.probability.data() + window.kept_begin * plane);
    run.progress(static_cast<double>(window.kept_end) / static_cast<double>(whole->length[2]));
  }
  return cells;
}

}  // namespace hepatica
