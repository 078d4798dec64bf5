#include "grid/label_cells.h"

#include <algorithm>

#include "core/parallel.h"
#include "grid/interpolate_cells.h"

namespace hepatica {

void label_cells(const std::vector<float>& cells, const std::vector<uint8_t>& labels, const CellBox& box,
                 const KeptCells& kept, const CellGrid& grid, Mask& target, Run& run) {
  const Geometry& source = target.geometry;
  const auto [x, y, z] = cells_back_axes(source, box, grid);
  if (x.begin == x.end || y.begin == y.end) return;
  const int64_t width = x.axis.target_size;
  const int64_t pixels = width * y.axis.target_size;
  const auto is_kept = [&](const CellRange& range, int64_t voxel, int axis) {
    const double cell = (static_cast<double>(voxel) + 0.5) * source.spacing_mm[axis] / grid.cell_mm[axis];
    return cell >= static_cast<double>(range.begin) && cell < static_cast<double>(range.end);
  };
  parallel_for(z.end - z.begin, run, [&](int64_t k) {
    if (!is_kept(kept.slices, z.begin + k, 2)) return;
    std::vector<float> plane;
    std::vector<float> values(static_cast<size_t>(pixels));
    std::vector<float> highest(static_cast<size_t>(pixels), -1);
    std::vector<uint8_t> likeliest(static_cast<size_t>(pixels));
    const float* channel = cells.data();
    for (const uint8_t label : labels) {
      interpolate_plane(channel, box.plane_cells(), z.axis, k, plane);
      resample_plane(plane.data(), x.axis, y.axis, values.data());
      for (int64_t i = 0; i < pixels; ++i) {
        if (values[i] <= highest[i]) continue;
        highest[i] = values[i];
        likeliest[i] = label;
      }
      channel += box.cells();
    }
    for (int64_t j = 0; j < y.axis.target_size; ++j) {
      if (!is_kept(kept.rows, y.begin + j, 1)) continue;
      std::copy_n(likeliest.data() + j * width, width,
                  target.slice(z.begin + k) + (y.begin + j) * source.size[0] + x.begin);
    }
  });
}

}  // namespace hepatica
