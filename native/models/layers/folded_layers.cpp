#include "models/layers/folded_layers.h"

#include <ATen/ops/convolution.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>

#include <vector>

namespace hepatica {

FoldedLayers::FoldedLayers(const RecordedLayers& layers, const StateDict& state, at::Device device,
                           at::ScalarType dtype)
    : device_(device), dtype_(dtype), weights_(fold_weights(layers, state)) {
  for (auto& [name, conv] : weights_) {
    conv.weight = conv.weight.to(device, dtype);
    if (conv.weight.dim() > 2) conv.weight = conv.weight.contiguous(channels_last_of(conv.weight));
    conv.bias = conv.bias.to(device, dtype);
  }
}

at::Tensor FoldedLayers::input(const at::Tensor& x) { return channels_last(x, device_, dtype_); }

at::Tensor FoldedLayers::convolve(const Conv& layer, const at::Tensor& x) const {
  const FoldedConv& conv = weights_.at(layer.name);
  if (layer.kernel.empty()) return at::linear(x, conv.weight, conv.bias);
  const std::vector<int64_t> output_padding(layer.kernel.size(), 0);
  return at::convolution(x, conv.weight, conv.bias, layer.strides(), layer.padding(), layer.dilations(), false,
                         output_padding, 1);
}

at::Tensor FoldedLayers::conv(const Conv& layer, const at::Tensor& x) {
  at::Tensor result = convolve(layer, x);
  return layer.activation == Activation::kRelu ? result.relu_() : result;
}

at::Tensor FoldedLayers::conv_add(const Conv& layer, const at::Tensor& x, const at::Tensor& residual) {
  at::Tensor sum = convolve(layer, x).add_(residual);
  return layer.activation == Activation::kRelu ? sum.relu_() : sum;
}

}  // namespace hepatica
