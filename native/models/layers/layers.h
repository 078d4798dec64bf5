// What a network's forward pass asks of its layers. A network is one function of Layers: with the trained layers it
// learns, with the folded ones it runs on any device, with the packed ones fast on the CPU; what a layer is made of,
// the recorded ones tell. Nothing but models/layers convolves.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "models/layers/conv.h"

namespace hepatica {

// Values are (N, channels, y, x) or (N, channels, z, y, x). Not for two threads at once.
class Layers {
 public:
  virtual ~Layers() = default;

  // What a forward pass begins with: `x` as the layers take it, on their device, in their type, channels-last.
  virtual at::Tensor input(const at::Tensor& x) = 0;

  // Convolution, batch norm, activation.
  virtual at::Tensor conv(const Conv& layer, const at::Tensor& x) = 0;

  // Convolution, batch norm, plus `residual`, activation: the end of a residual block.
  virtual at::Tensor conv_add(const Conv& layer, const at::Tensor& x, const at::Tensor& residual) = 0;

  // The largest value under a window of odd sizes, padded by half of it; one size and one stride an axis. `x` is
  // nowhere negative, as after ReLU.
  virtual at::Tensor max_pool(const at::Tensor& x, at::IntArrayRef window, at::IntArrayRef stride);
};

// Linear interpolation between pixel centres to (y, x) or (z, y, x), clamped at the borders.
at::Tensor upsample(const at::Tensor& x, at::IntArrayRef size);

// (N, C f..., size...) to (N, C, f size...), one factor an axis: channel c's sub-pixels are its channels c * f... on,
// the last axis fastest; and the way back.
at::Tensor pixel_shuffle(const at::Tensor& x, at::IntArrayRef factors);
at::Tensor pixel_unshuffle(const at::Tensor& x, at::IntArrayRef factors);

// Sizes of an input without batch and channels.
std::vector<int64_t> extent(const at::Tensor& x);

// Channels-last of two or of three axes. One channel, too, lies as its strides say it does.
at::MemoryFormat channels_last_of(const at::Tensor& x);
at::Tensor channels_last(const at::Tensor& x, at::Device device, at::ScalarType dtype);

}  // namespace hepatica
