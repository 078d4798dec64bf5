#include "segmentation/lesion_cells.h"

#include <algorithm>
#include <optional>
#include <string>

#include "core/error.h"
#include "grid/sample_cells.h"
#include "ops/bounding_box.h"
#include "segmentation/box_probabilities.h"
#include "segmentation/z_windows.h"

namespace hepatica {
namespace {

// A cell is the liver's that is inside by more.
constexpr float kInside = 0.5F;
// 1.7 cubic metres: no patient has more.
constexpr int64_t kMostLiverCells = 256'000'000;

BoxMm box_mm(const Size3& begin, const Size3& end, const Vec3& cell_mm) {
  BoxMm box;
  for (int axis = 0; axis < 3; ++axis) {
    box.low[axis] = static_cast<double>(begin[axis]) * cell_mm[axis];
    box.high[axis] = static_cast<double>(end[axis]) * cell_mm[axis];
  }
  return box;
}

void check_size(const CellBox& box) {
  if (box.cells() <= kMostLiverCells) return;
  throw Error("UNSUPPORTED_GEOMETRY",
              "Expected a liver that fits into " + std::to_string(kMostLiverCells) +
                  " cells of 1.5 x 1.5 x 3 mm, received one in " + std::to_string(box.cells()),
              {}, "spacing", "Check the spacing of the source");
}

// The liver's cells with the margin around them; empty: none.
std::optional<CellBox> liver_box(const Mask& liver, const CellGrid& grid, Run& run) {
  const std::optional<BoundingBox> voxels = bounding_box(liver);
  if (!voxels) return std::nullopt;
  const Size3 behind = {voxels->max[0] + 1, voxels->max[1] + 1, voxels->max[2] + 1};
  const CellBox near = cover_box(box_mm(voxels->min, behind, liver.geometry.spacing_mm), grid, 1);
  check_size(near);
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

// Rows and slices that the network sees together, and those whose answer is taken.
struct Window {
  ZWindow rows;
  ZWindow slices;
};

// Of a liver one. A mask of the whole of a wide scan is cut along y too, so that enough slices fit.
std::vector<Window> windows_of(const CellBox& box) {
  const auto [columns, rows, slices] = box.length;
  std::vector<Window> windows;
  for (const ZWindow& y : z_windows({columns, std::min(slices, kShortestWindow), rows}, kMostBoxCells)) {
    for (const ZWindow& z : z_windows({columns, y.length, slices}, kMostBoxCells)) windows.push_back({y, z});
  }
  return windows;
}

void place(const std::vector<float>& part, const Window& window, const CellBox& box, std::vector<float>& whole) {
  const auto& [y, z] = window;
  const int64_t columns = box.length[0];
  for (int64_t slice = z.kept_begin; slice < z.kept_end; ++slice) {
    std::copy_n(part.data() + ((slice - z.begin) * y.length + y.kept_begin - y.begin) * columns,
                (y.kept_end - y.kept_begin) * columns,
                whole.data() + slice * box.plane_cells() + y.kept_begin * columns);
  }
}

}  // namespace

LesionCells lesion_cells(const CanonicalSlices& source, const Mask& liver, float reference_hu,
                         const Lesion3dInference& network, Run& run) {
  LesionCells cells;
  cells.grid = cell_grid(source.geometry(), Lesion3dConfig::kCellMm);
  const std::optional<CellBox> whole = liver_box(liver, cells.grid, run);
  if (!whole) return cells;
  check_size(*whole);
  cells.box = *whole;
  cells.probability.resize(static_cast<size_t>(whole->cells()));
  const std::vector<Window> windows = windows_of(*whole);
  for (size_t i = 0; i < windows.size(); ++i) {
    run.check_cancelled();
    const auto& [y, z] = windows[i];
    const CellBox box = {{whole->begin[0], whole->begin[1] + y.begin, whole->begin[2] + z.begin},
                         {whole->length[0], y.length, z.length}};
    place(window_probability(source, liver, reference_hu, cells.grid, box, network, run), windows[i], *whole,
          cells.probability);
    run.progress(static_cast<double>(i + 1) / static_cast<double>(windows.size()));
  }
  return cells;
}

}  // namespace hepatica
