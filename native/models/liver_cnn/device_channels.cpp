#include "models/liver_cnn/device_channels.h"

#include <ATen/Functions.h>

#include <vector>

#include "models/canvas_tensor.h"
#include "models/layers/layers.h"

namespace hepatica {
namespace {

// Planes (first dimension) by slice and offset: (slices, offsets, rows, columns).
at::Tensor gather_planes(const at::Tensor& planes, const std::vector<int64_t>& indices, int64_t slices) {
  const at::Tensor index = at::tensor(indices, at::kLong).to(planes.device());
  return at::index_select(planes, 0, index).view({slices, -1, planes.size(1), planes.size(2)});
}

}  // namespace

DeviceChannels::DeviceChannels(const at::Tensor& equalized, const Geometry& source, const NetworkInput& frame,
                               const LiverCnnConfig& config, const Canvas& canvas)
    : frame_(frame),
      config_(config),
      canvas_(canvas),
      pictures_(canvas_tensor(equalized, source, frame.grid, canvas)) {}

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
