#include "models/liver_cnn/network.h"

#include <ATen/ops/cat.h>

#include <string>
#include <vector>

namespace hepatica {
namespace {

Conv layer(const LiverCnnConfig& config, size_t i) {
  const std::string number = std::to_string(i + 1);
  return {.name = "conv" + number,
          .norm = "bn" + number,
          .in = i == 0 ? config.input_channels() : LiverCnnConfig::kWidths[i - 1],
          .out = LiverCnnConfig::kWidths[i],
          .kernel = {config.kernels[i], config.kernels[i]},
          .dilation = {config.dilations[i], config.dilations[i]},
          .activation = Activation::kRelu};
}

Conv head(const LiverCnnConfig& config) {
  return {.name = "head",
          .in = config.head_input_channels(),
          .out = config.head_output_channels(),
          .kernel = {config.head_kernel, config.head_kernel},
          .two_classes = true};
}

}  // namespace

at::Tensor forward_liver_cnn(Layers& layers, const LiverCnnConfig& config, const at::Tensor& channels) {
  const at::Tensor input = layers.input(channels);
  std::vector<at::Tensor> pools;
  at::Tensor features = input;
  for (size_t i = 0; i < LiverCnnConfig::kWidths.size(); ++i) {
    features = layers.max_pool(layers.conv(layer(config, i), features), {3, 3}, {1, 1});
    pools.push_back(features);
  }
  if (config.skip == SkipKind::kAllLayers) features = at::cat(pools, 1);
  if (config.skip == SkipKind::kInput) features = at::cat({features, input.to(features.scalar_type())}, 1);
  const at::Tensor dense = layers.conv(head(config), features);
  const int64_t cell = config.subsampling;
  if (config.head == HeadKind::kSubpixel) return pixel_shuffle(dense, {cell, cell}).to(at::kFloat);
  return upsample(dense.to(at::kFloat), {dense.size(2) * cell, dense.size(3) * cell});
}

RecordedLayers liver_cnn_layers(const LiverCnnConfig& config, int64_t slices, int64_t rows, int64_t columns) {
  return record([&](Layers& layers) {
    forward_liver_cnn(layers, config, meta_input({slices, config.input_channels(), rows, columns}));
  });
}

}  // namespace hepatica
