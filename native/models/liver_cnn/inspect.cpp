#include "models/liver_cnn/inspect.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/pixel_shuffle.h>
#include <ATen/ops/relu.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "models/liver_cnn/channels.h"
#include "models/liver_cnn/folded_weights.h"

namespace hepatica {
namespace {

// Pixel-unshuffle made s * s channels of each picture: their weights, shuffled, are one patch of k s pixels a side.
at::Tensor pixel_filters(const at::Tensor& weight, const LiverCnnConfig& config) {
  const auto& offsets = config.context_mm;
  const auto central =
      std::min_element(offsets.begin(), offsets.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  const int64_t channels = config.subsampling * config.subsampling;
  const at::Tensor picture = weight.narrow(1, (central - offsets.begin()) * channels, channels);
  return at::pixel_shuffle(picture, config.subsampling).squeeze(1);
}

}  // namespace

std::vector<FeatureMaps> inspect_slice(const LiverCnnConfig& config, const StateDict& state, const NetworkInput& input,
                                       int64_t z) {
  const c10::InferenceMode inference_mode;
  const FoldedWeights folded = fold_weights(config, state);
  const Canvas canvas = body_canvas(input, config.subsampling);
  const ChannelAssembler assembler(input, config, canvas, at::kFloat);
  const std::array<int64_t, 1> slices = {z};
  at::Tensor features = assembler.assemble(slices).contiguous();
  std::vector<FeatureMaps> maps = {feature_maps("filters", pixel_filters(folded.layers[0].weight, config))};
  for (size_t i = 0; i < folded.layers.size(); ++i) {
    const FoldedConv& layer = folded.layers[i];
    const int64_t dilation = config.dilations[i];
    const int64_t padding = dilation * (config.kernels[i] / 2);
    features = at::conv2d(features, layer.weight, layer.bias, at::IntArrayRef({1, 1}),
                          at::IntArrayRef({padding, padding}), at::IntArrayRef({dilation, dilation}));
    features = at::max_pool2d(at::relu(features), {3, 3}, {1, 1}, {1, 1});
    maps.push_back(feature_maps("conv" + std::to_string(i + 1), features[0]));
  }
  return maps;
}

}  // namespace hepatica
