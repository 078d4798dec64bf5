#include "grid/threshold_cells.h"

#include <algorithm>

#include "core/parallel.h"
#include "grid/interpolate_cells.h"

namespace hepatica {

Mask threshold_cells(const std::vector<float>& cells, const CellBox& box, const CellGrid& grid, float threshold,
                     const Geometry& source, Run& run) {
  const auto [x, y, z] = cells_back_axes(source, box, grid);
  Mask mask{source, std::vector<uint8_t>(static_cast<size_t>(source.voxel_count()))};
  if (x.begin == x.end || y.begin == y.end) return mask;
  parallel_for(z.end - z.begin, run, [&](int64_t k) {
    std::vector<float> plane;
    interpolate_plane(cells.data(), box.plane_cells(), z.axis, k, plane);
    std::vector<uint8_t> inside(static_cast<size_t>(x.axis.target_size * y.axis.target_size));
    threshold_plane(plane.data(), x.axis, y.axis, threshold, inside.data());
    for (int64_t j = 0; j < y.axis.target_size; ++j) {
      std::copy_n(inside.data() + j * x.axis.target_size, x.axis.target_size,
                  mask.slice(z.begin + k) + (y.begin + j) * source.size[0] + x.begin);
    }
  });
  return mask;
}

}  // namespace hepatica
