#include "models/mdl_cnn/device_region.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/div.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>

#include "models/canvas_tensor.h"

namespace hepatica {
namespace {

at::Tensor gather(const at::Tensor& planes, const std::vector<int64_t>& indices) {
  return at::index_select(planes, 0, at::tensor(indices, at::kLong).to(planes.device()));
}

// Sums along z, rounded; the end slices are repeated beyond the ends.
at::Tensor average_slabs(const at::Tensor& planes, int64_t reach) {
  if (reach == 0) return planes;
  const int64_t slices = planes.size(0);
  at::Tensor sums = at::zeros_like(planes, at::TensorOptions(at::kInt));
  for (int64_t offset = -reach; offset <= reach; ++offset) {
    std::vector<int64_t> neighbours(static_cast<size_t>(slices));
    for (int64_t z = 0; z < slices; ++z) neighbours[z] = std::clamp<int64_t>(z + offset, 0, slices - 1);
    sums.add_(gather(planes, neighbours));
  }
  const int64_t count = 2 * reach + 1;
  return at::div(sums.mul_(2).add_(count), 2 * count, "floor").to(at::kByte);
}

}  // namespace

DeviceRegion::DeviceRegion(const RegionInput& frame, const Geometry& source, const MdlCnnConfig& config,
                           const PreprocessOptions& preprocessing, at::Device device, const DevicePictures& pictures)
    : frame_(frame) {
  const c10::InferenceMode inference_mode;
  const std::array<int64_t, 3> shape = {frame.slices, frame.canvas.height, frame.canvas.width};
  const at::Tensor outside =
      at::from_blob(const_cast<uint8_t*>(frame.liver.data()), shape, at::kByte).to(device).lt(RegionInput::kInside);
  const at::Tensor nothing = at::zeros({1, shape[1], shape[2]}, at::TensorOptions(at::kByte).device(device));
  for (const RegionChannel channel : config.channels) {
    const at::Tensor whole = pictures(channel_preprocessing(channel, frame.reference_hu, preprocessing));
    const at::Tensor planes = canvas_tensor(whole, source, frame.grid, frame.canvas);
    const at::Tensor averaged = average_slabs(planes, slab_reach(config, frame.slice_spacing_mm));
    planes_.push_back(at::cat({nothing, averaged.masked_fill(outside, 0)}));
  }
}

at::Tensor DeviceRegion::batch(std::span<const int64_t> indices) const {
  const c10::InferenceMode inference_mode;
  std::vector<int64_t> planes;
  for (const int64_t index : indices) {
    for (const double offset_mm : frame_.context_mm) planes.push_back(frame_.context_slice(index, offset_mm) + 1);
  }
  const auto count = static_cast<int64_t>(indices.size());
  const auto contexts = static_cast<int64_t>(frame_.context_mm.size());
  std::vector<at::Tensor> channels;
  for (const at::Tensor& channel : planes_) {
    channels.push_back(gather(channel, planes).view({count, contexts, frame_.canvas.height, frame_.canvas.width}));
  }
  return at::cat(channels, 1).to(at::kFloat).div_(255);
}

}  // namespace hepatica
