#include "grid/threshold_cells.h"

#include <algorithm>

#include "core/parallel.h"

namespace hepatica {

Mask threshold_cells(const std::vector<float>& cells, const CellBox& box, const CellGrid& grid, float threshold,
                     const Geometry& source, Run& run) {
  const auto back_axis_of = [&](int axis) {
    return cells_back_axis(source.size[axis], source.spacing_mm[axis], box.begin[axis], box.length[axis],
                           grid.cell_mm[axis]);
  };
  const BackAxis x = back_axis_of(0);
  const BackAxis y = back_axis_of(1);
  const BackAxis z = back_axis_of(2);
  Mask mask{source, std::vector<uint8_t>(static_cast<size_t>(source.voxel_count()))};
  if (x.begin == x.end || y.begin == y.end) return mask;
  parallel_for(z.end - z.begin, run, [&](int64_t k) {
    std::vector<float> plane(static_cast<size_t>(box.plane_cells()));
    const float* from = cells.data() + z.axis.first[k] * box.plane_cells();
    for (int32_t w = z.axis.weight_begin[k]; w < z.axis.weight_begin[k + 1]; ++w, from += box.plane_cells()) {
      const float weight = z.axis.weights[w];
      for (size_t i = 0; i < plane.size(); ++i) plane[i] += weight * from[i];
    }
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
