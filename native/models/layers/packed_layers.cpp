#include "models/layers/packed_layers.h"

#include "models/layers/max_pool.h"

namespace hepatica {
namespace {

// In bf16 a fused sum rounds once where a separate one rounds twice. What is published of the two-dimensional networks
// was measured with the latter.
bool fuses_sum(at::ScalarType dtype, size_t dimensions) { return dtype == at::kFloat || dimensions == 5; }

}  // namespace

PackedLayers::PackedLayers(const RecordedLayers& layers, const StateDict& state, at::ScalarType dtype) : dtype_(dtype) {
  const std::map<std::string, FoldedConv> folded = fold_weights(layers, state);
  for (const RecordedConv& recorded : layers) {
    RecordedConv packed = recorded;
    if (recorded.adds && !fuses_sum(dtype, recorded.input.size())) packed.layer.activation = Activation::kNone;
    convs_.try_emplace(recorded.layer.name, packed, folded.at(recorded.layer.name), dtype);
  }
}

at::Tensor PackedLayers::input(const at::Tensor& x) { return channels_last(x, at::kCPU, dtype_); }

at::Tensor PackedLayers::conv(const Conv& layer, const at::Tensor& x) { return convs_.at(layer.name)(x); }

at::Tensor PackedLayers::conv_add(const Conv& layer, const at::Tensor& x, const at::Tensor& residual) {
  const PackedConv& conv = convs_.at(layer.name);
  if (fuses_sum(dtype_, x.sizes().size())) return conv(x, residual);
  at::Tensor sum = conv(x).add_(residual);
  return layer.activation == Activation::kRelu ? sum.relu_() : sum;
}

at::Tensor PackedLayers::max_pool(const at::Tensor& x, at::IntArrayRef window, at::IntArrayRef stride) {
  const bool fast = x.dim() == 4 && window.equals({3, 3}) && stride.equals({1, 1});
  return fast ? max_pool_3x3(x) : Layers::max_pool(x, window, stride);
}

}  // namespace hepatica
