#include "grid/interpolate_cells.h"

#include <algorithm>

namespace hepatica {

void interpolate_plane(const float* cells, int64_t plane_cells, const ResampleAxis& z, int64_t sample,
                       std::vector<float>& plane) {
  plane.assign(static_cast<size_t>(plane_cells), 0);
  const float* from = cells + z.first[sample] * plane_cells;
  for (int32_t w = z.weight_begin[sample]; w < z.weight_begin[sample + 1]; ++w, from += plane_cells) {
    const float weight = z.weights[w];
    for (size_t i = 0; i < plane.size(); ++i) plane[i] += weight * from[i];
  }
}

void CellInterpolation::slice(int64_t z, float* values) const {
  const auto& [x_axis, y_axis, z_axis] = axes_;
  if (z < z_axis.begin || z >= z_axis.end || x_axis.begin == x_axis.end || y_axis.begin == y_axis.end) return;
  std::vector<float> plane;
  interpolate_plane(cells_.data(), box_.plane_cells(), z_axis.axis, z - z_axis.begin, plane);
  const int64_t columns = x_axis.axis.target_size;
  std::vector<float> pixels(static_cast<size_t>(columns * y_axis.axis.target_size));
  resample_plane(plane.data(), x_axis.axis, y_axis.axis, pixels.data());
  for (int64_t y = 0; y < y_axis.axis.target_size; ++y) {
    std::copy_n(pixels.data() + y * columns, columns, values + (y_axis.begin + y) * width_ + x_axis.begin);
  }
}

}  // namespace hepatica
