#include "grid/cell_grid.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"

namespace hepatica {
namespace {

constexpr int64_t kMaxCells = 65535;
// Boxes come from sums of spacings: a side within this part of a cell of the cell's end ends there.
constexpr double kCellTolerance = 1e-6;

int64_t rounded_up(int64_t count, int64_t multiple) { return (count + multiple - 1) / multiple * multiple; }

}  // namespace

CellGrid cell_grid(const Geometry& source, const Vec3& cell_mm) {
  CellGrid grid;
  grid.cell_mm = cell_mm;
  for (int axis = 0; axis < 3; ++axis) {
    const double extent_mm = static_cast<double>(source.size[axis]) * source.spacing_mm[axis];
    if (!(extent_mm > 0 && extent_mm <= static_cast<double>(kMaxCells) * cell_mm[axis])) {
      throw Error("UNSUPPORTED_GEOMETRY",
                  "Expected a volume of at most " + std::to_string(static_cast<double>(kMaxCells) * cell_mm[axis]) +
                      " mm a side, received " + std::to_string(source.size[axis]) + " voxels of " +
                      std::to_string(source.spacing_mm[axis]) + " mm",
                  {}, "spacing", "Check the spacing of the source");
    }
    grid.extent_mm[axis] = extent_mm;
    grid.size[axis] = covering_size(source.size[axis], source.spacing_mm[axis], cell_mm[axis]);
  }
  return grid;
}

CellBox cover_box(const BoxMm& box, const CellGrid& grid, int64_t multiple) {
  CellBox cells;
  for (int axis = 0; axis < 3; ++axis) {
    const auto begin = static_cast<int64_t>(std::floor(box.low[axis] / grid.cell_mm[axis] + kCellTolerance));
    const auto end = static_cast<int64_t>(std::ceil(box.high[axis] / grid.cell_mm[axis] - kCellTolerance));
    cells.length[axis] = rounded_up(std::max<int64_t>(1, end - begin), multiple);
    cells.begin[axis] = std::max<int64_t>(0, std::min(begin, grid.size[axis] - cells.length[axis]));
  }
  return cells;
}

CellBox whole_grid(const CellGrid& grid, int64_t multiple) {
  CellBox cells;
  for (int axis = 0; axis < 3; ++axis) cells.length[axis] = rounded_up(grid.size[axis], multiple);
  return cells;
}

ResampleAxis cell_axis(int64_t source_size, double source_mm, int64_t cells, double cell_mm) {
  const double ratio = cell_mm / source_mm;
  return source_mm < cell_mm ? area_axis(source_size, cells, ratio) : bilinear_axis(source_size, cells, ratio);
}

BackAxis cells_back_axis(int64_t source_size, double source_mm, int64_t first_cell, int64_t cells, double cell_mm) {
  // Cells behind the scan's last one are padding: nothing of the scan is in them.
  const int64_t covered = std::min(cells, covering_size(source_size, source_mm, cell_mm) - first_cell);
  const auto centre = [&](int64_t i) { return (static_cast<double>(i) + 0.5) * source_mm / cell_mm; };
  BackAxis back;
  while (back.begin < source_size && centre(back.begin) < static_cast<double>(first_cell)) ++back.begin;
  back.end = back.begin;
  ResampleAxis& axis = back.axis;
  axis.source_size = cells;
  for (; back.end < source_size && centre(back.end) < static_cast<double>(first_cell + cells); ++back.end) {
    const double position = std::clamp(centre(back.end) - 0.5 - static_cast<double>(first_cell), 0.0,
                                       static_cast<double>(std::max<int64_t>(0, covered - 1)));
    const auto first = static_cast<int64_t>(position);
    const double fraction = position - static_cast<double>(first);
    axis.first.push_back(static_cast<int32_t>(first));
    axis.weight_begin.push_back(static_cast<int32_t>(axis.weights.size()));
    axis.weights.push_back(static_cast<float>(1 - fraction));
    if (fraction > 0) axis.weights.push_back(static_cast<float>(fraction));
  }
  axis.target_size = back.end - back.begin;
  axis.weight_begin.push_back(static_cast<int32_t>(axis.weights.size()));
  return back;
}

BackAxes cells_back_axes(const Geometry& source, const CellBox& box, const CellGrid& grid) {
  const auto axis = [&](int index) {
    return cells_back_axis(source.size[index], source.spacing_mm[index], box.begin[index], box.length[index],
                           grid.cell_mm[index]);
  };
  return {axis(0), axis(1), axis(2)};
}

}  // namespace hepatica
