#include "models/liver_cnn/device_channels.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <vector>

#include "models/layers/layers.h"

namespace hepatica {
namespace {

constexpr int64_t kSlicesPerBatch = 16;

// (target, source)
at::Tensor dense_matrix(const ResampleAxis& axis) {
  at::Tensor matrix = at::zeros({axis.target_size, axis.source_size});
  auto* values = matrix.mutable_data_ptr<float>();
  for (int64_t i = 0; i < axis.target_size; ++i) {
    for (int32_t w = axis.weight_begin[i]; w < axis.weight_begin[i + 1]; ++w) {
      values[i * axis.source_size + axis.first[i] + (w - axis.weight_begin[i])] = axis.weights[w];
    }
  }
  return matrix;
}

// Planes (first dimension) by slice and offset: (slices, offsets, rows, columns).
at::Tensor gather_planes(const at::Tensor& planes, const std::vector<int64_t>& indices, int64_t slices) {
  const at::Tensor index = at::tensor(indices, at::kLong).to(planes.device());
  return at::index_select(planes, 0, index).view({slices, -1, planes.size(1), planes.size(2)});
}

at::Tensor canvas_pictures(const at::Tensor& equalized, const Geometry& source, const NetworkInput& frame,
                           const Canvas& canvas) {
  const NetworkGrid& grid = frame.grid;
  const auto axis = [&](int64_t size, double spacing_mm, int64_t grid_size) {
    return dense_matrix(grid_axis(size, spacing_mm, grid_size, grid.spacing_mm)).to(equalized.device());
  };
  const at::Tensor rows = axis(source.size[1], source.spacing_mm[1], grid.height);
  const at::Tensor columns = axis(source.size[0], source.spacing_mm[0], grid.width).t();
  const int64_t height = std::min(canvas.height, grid.height - canvas.y0);
  const int64_t width = std::min(canvas.width, grid.width - canvas.x0);
  at::Tensor pictures = at::zeros({frame.slices, canvas.height, canvas.width}, equalized.options());
  for (int64_t begin = 0; begin < frame.slices; begin += kSlicesPerBatch) {
    const int64_t size = std::min(kSlicesPerBatch, frame.slices - begin);
    const at::Tensor part = equalized.narrow(0, begin, size).to(at::kFloat);
    const at::Tensor resampled = at::matmul(at::matmul(rows, part), columns).round().to(at::kByte);
    pictures.narrow(0, begin, size)
        .narrow(1, 0, height)
        .narrow(2, 0, width)
        .copy_(resampled.narrow(1, canvas.y0, height).narrow(2, canvas.x0, width));
  }
  return pictures;
}

}  // namespace

DeviceChannels::DeviceChannels(const at::Tensor& equalized, const Geometry& source, const NetworkInput& frame,
                               const LiverCnnConfig& config, const Canvas& canvas)
    : frame_(frame), config_(config), canvas_(canvas), pictures_(canvas_pictures(equalized, source, frame, canvas)) {}

at::Tensor DeviceChannels::assemble(std::span<const int64_t> slices) const {
  const int64_t cell = config_.subsampling;
  const int64_t rows = canvas_.height / cell;
  const int64_t columns = canvas_.width / cell;
  const auto count = static_cast<int64_t>(slices.size());
  std::vector<int64_t> context;
  at::Tensor coordinates = at::empty({count, static_cast<int64_t>(config_.coordinates.size()), rows, columns});
  CanvasTransform shift;
  shift.x0 = static_cast<double>(canvas_.x0);
  shift.y0 = static_cast<double>(canvas_.y0);
  float* planes = coordinates.mutable_data_ptr<float>();
  for (const int64_t z : slices) {
    for (const double offset_mm : config_.context_mm) context.push_back(frame_.nearest_slice(z, offset_mm));
    fill_coordinates(frame_.body[z], shift, config_, rows, columns, planes);
    planes += coordinates.stride(0);
  }
  const at::Tensor image = gather_planes(pictures_, context, count).to(at::kFloat).div(255);
  return at::cat({pixel_unshuffle(image, {cell, cell}), coordinates.to(image.device())}, 1);
}

}  // namespace hepatica
