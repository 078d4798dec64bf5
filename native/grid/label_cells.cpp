#include "grid/label_cells.h"

#include "core/parallel.h"

namespace hepatica {
namespace {

// The plane of `channel` at one of the axis' samples.
void sample_plane(const float* channel, int64_t plane_cells, const ResampleAxis& z, int64_t sample,
                  std::vector<float>& plane) {
  plane.assign(static_cast<size_t>(plane_cells), 0);
  const float* from = channel + z.first[sample] * plane_cells;
  for (int32_t w = z.weight_begin[sample]; w < z.weight_begin[sample + 1]; ++w, from += plane_cells) {
    for (int64_t i = 0; i < plane_cells; ++i) plane[i] += z.weights[w] * from[i];
  }
}

}  // namespace

void label_cells(const std::vector<float>& cells, const std::vector<uint8_t>& labels, const CellBox& box,
                 const CellRange& range, const CellGrid& grid, Mask& target, Run& run) {
  const Geometry& source = target.geometry;
  const auto back_axis_of = [&](int axis) {
    return cells_back_axis(source.size[axis], source.spacing_mm[axis], box.begin[axis], box.length[axis],
                           grid.cell_mm[axis]);
  };
  const BackAxis x = back_axis_of(0);
  const BackAxis y = back_axis_of(1);
  const BackAxis z = back_axis_of(2);
  if (x.begin == x.end || y.begin == y.end) return;
  const int64_t width = x.axis.target_size;
  const int64_t pixels = width * y.axis.target_size;
  parallel_for(z.end - z.begin, run, [&](int64_t k) {
    const double cell = (static_cast<double>(z.begin + k) + 0.5) * source.spacing_mm[2] / grid.cell_mm[2];
    if (cell < static_cast<double>(range.begin) || cell >= static_cast<double>(range.end)) return;
    std::vector<float> plane;
    std::vector<float> values(static_cast<size_t>(pixels));
    std::vector<float> highest(static_cast<size_t>(pixels), -1);
    std::vector<uint8_t> likeliest(static_cast<size_t>(pixels));
    const float* channel = cells.data();
    for (const uint8_t label : labels) {
      sample_plane(channel, box.plane_cells(), z.axis, k, plane);
      resample_plane(plane.data(), x.axis, y.axis, values.data());
      for (int64_t i = 0; i < pixels; ++i) {
        if (values[i] <= highest[i]) continue;
        highest[i] = values[i];
        likeliest[i] = label;
      }
      channel += box.cells();
    }
    for (int64_t j = 0; j < y.axis.target_size; ++j) {
      std::copy_n(likeliest.data() + j * width, width,
                  target.slice(z.begin + k) + (y.begin + j) * source.size[0] + x.begin);
    }
  });
}

}  // namespace hepatica
