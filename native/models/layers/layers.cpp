#include "models/layers/layers.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/max_pool3d.h>
#include <ATen/ops/pixel_shuffle.h>
#include <ATen/ops/pixel_unshuffle.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/upsample_trilinear3d.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "models/layers/interpolation.h"

namespace hepatica {
namespace {

bool is_square(at::IntArrayRef factors) { return factors.size() == 2 && factors[0] == factors[1]; }

int64_t product(at::IntArrayRef values) {
  return std::accumulate(values.begin(), values.end(), int64_t{1}, std::multiplies<>());
}

}  // namespace

at::Tensor Layers::max_pool(const at::Tensor& x, at::IntArrayRef window, at::IntArrayRef stride) {
  std::vector<int64_t> padding = window.vec();
  for (int64_t& size : padding) size /= 2;
  return x.dim() == 5 ? at::max_pool3d(x, window, stride, padding) : at::max_pool2d(x, window, stride, padding);
}

at::Tensor upsample(const at::Tensor& x, at::IntArrayRef size) {
  if (x.sizes().slice(2) == size) return x;
  if (x.is_cuda() && is_enlargement(x, size)) return interpolate_neighbours(x, size);
  return x.dim() == 5 ? at::upsample_trilinear3d(x, size, false) : at::upsample_bilinear2d(x, size, false);
}

at::Tensor pixel_shuffle(const at::Tensor& x, at::IntArrayRef factors) {
  // ATen leaves what holds no item in its old shape.
  if (is_square(factors) && x.numel() > 0) return at::pixel_shuffle(x, factors[0]);
  const auto axes = static_cast<int64_t>(factors.size());
  const int64_t channels = x.size(1) / product(factors);
  TORCH_CHECK(x.dim() == axes + 2 && channels * product(factors) == x.size(1), "Cannot shuffle ", x.sizes(), " by ",
              factors);
  std::vector<int64_t> apart = {x.size(0), channels};
  std::vector<int64_t> order = {0, 1};
  std::vector<int64_t> joined = {x.size(0), channels};
  apart.insert(apart.end(), factors.begin(), factors.end());
  for (int64_t axis = 0; axis < axes; ++axis) {
    apart.push_back(x.size(axis + 2));
    order.insert(order.end(), {2 + axes + axis, 2 + axis});
    joined.push_back(x.size(axis + 2) * factors[axis]);
  }
  return x.reshape(apart).permute(order).reshape(joined);
}

at::Tensor pixel_unshuffle(const at::Tensor& x, at::IntArrayRef factors) {
  if (is_square(factors) && x.numel() > 0) return at::pixel_unshuffle(x, factors[0]);
  const auto axes = static_cast<int64_t>(factors.size());
  TORCH_CHECK(x.dim() == axes + 2, "Cannot unshuffle ", x.sizes(), " by ", factors);
  std::vector<int64_t> apart = {x.size(0), x.size(1)};
  std::vector<int64_t> order = {0, 1};
  std::vector<int64_t> joined = {x.size(0), x.size(1) * product(factors)};
  for (int64_t axis = 0; axis < axes; ++axis) {
    TORCH_CHECK(x.size(axis + 2) % factors[axis] == 0, "Cannot unshuffle ", x.sizes(), " by ", factors);
    apart.insert(apart.end(), {x.size(axis + 2) / factors[axis], factors[axis]});
    order.push_back(3 + 2 * axis);
    joined.push_back(x.size(axis + 2) / factors[axis]);
  }
  for (int64_t axis = 0; axis < axes; ++axis) order.push_back(2 + 2 * axis);
  return x.reshape(apart).permute(order).reshape(joined);
}

std::vector<int64_t> extent(const at::Tensor& x) { return x.sizes().slice(2).vec(); }

at::MemoryFormat channels_last_of(const at::Tensor& x) {
  return x.dim() == 5 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast;
}

at::Tensor channels_last(const at::Tensor& x, at::Device device, at::ScalarType dtype) {
  const bool strided = x.stride(1) == 1 && x.is_contiguous(channels_last_of(x));
  if (strided && x.device() == device && x.scalar_type() == dtype) return x;
  const auto options = at::TensorOptions(device).dtype(dtype).memory_format(channels_last_of(x));
  return at::empty(x.sizes(), options).copy_(x);
}

}  // namespace hepatica
