#include "models/mdl_cnn/network.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>

#include <string>
#include <vector>

#include "models/mdl_cnn/normalization.h"
#include "models/resnet101/network.h"

namespace hepatica {
namespace {

constexpr int64_t kCell = MdlCnnConfig::kCell;

// 3x3 convolution, batch norm, ReLU.
Conv channel_layer(const std::string& name, int64_t in, int64_t out) {
  return {.name = name + ".conv",
          .norm = name + ".bn",
          .in = in,
          .out = out,
          .kernel = {3, 3},
          .activation = Activation::kRelu};
}

Conv plain_layer(const std::string& name, int64_t in, int64_t out, int64_t kernel) {
  return {.name = name, .in = in, .out = out, .kernel = {kernel, kernel}};
}

at::Tensor location_features(Layers& layers, const MdlCnnConfig& config, const at::Tensor& region) {
  const auto contexts = static_cast<int64_t>(config.context_mm.size());
  const int64_t width = config.location_width;
  const at::Tensor cells = layers.input(pixel_unshuffle(region, {kCell, kCell}));
  const at::Tensor picture = imagenet_normalized(region.narrow(1, 0, contexts).expand({-1, 3, -1, -1}));
  const ResNet101 base{config.base_stages, "base."};
  const std::vector<at::Tensor> features = base.forward_stages(layers, picture);
  at::Tensor merged;
  for (size_t stage = 0; stage < features.size(); ++stage) {
    const Conv merge = plain_layer("merge" + std::to_string(stage + 1), ResNet101::kChannels[stage], width, 1);
    const at::Tensor part = upsample(layers.conv(merge, features[stage]), extent(cells));
    merged = merged.defined() ? merged + part : part;
  }
  at::Tensor location = at::cat({merged, cells.to(merged.scalar_type())}, 1);
  for (int64_t i = 0; i < MdlCnnConfig::kLocationLayers; ++i) {
    location = layers.conv(channel_layer("location" + std::to_string(i + 1), location.size(1), width), location);
  }
  return location;
}

at::Tensor class_features(Layers& layers, const MdlCnnConfig& config, const at::Tensor& region) {
  at::Tensor classes = layers.input(pixel_unshuffle(class_normalized(region, config), {kCell, kCell}));
  for (size_t i = 0; i < MdlCnnConfig::kClassWidths.size(); ++i) {
    const Conv layer = channel_layer("class" + std::to_string(i + 1), classes.size(1), MdlCnnConfig::kClassWidths[i]);
    classes = layers.conv(layer, classes);
  }
  return classes;
}

}  // namespace

MdlLocation forward_mdl_location(Layers& layers, const MdlCnnConfig& config, const at::Tensor& region) {
  const at::Tensor features = location_features(layers, config, region);
  Conv head = plain_layer("location_head", config.location_width, 2 * kCell * kCell, 3);
  head.two_classes = true;
  return {pixel_shuffle(layers.conv(head, features), {kCell, kCell}).to(at::kFloat), features};
}

at::Tensor forward_mdl_classes(Layers& layers, const MdlCnnConfig& config, const at::Tensor& region,
                               const at::Tensor& features) {
  const at::Tensor joined = at::cat({class_features(layers, config, region), layers.input(features)}, 1);
  const Conv head = plain_layer("class_head", joined.size(1), kLesionTypes, 1);
  return upsample(layers.conv(head, joined).to(at::kFloat), extent(region));
}

MdlOutput forward_mdl_cnn(Layers& layers, const MdlCnnConfig& config, const at::Tensor& region,
                          const at::Tensor& classified, bool elsewhere) {
  const auto [location, features] = forward_mdl_location(layers, config, region);
  if (classified.defined() && classified.numel() == 0 && !elsewhere) return {location, {}};
  const bool all = !classified.defined() || classified.numel() == region.size(0);
  const auto some = [&](const at::Tensor& whole) { return all ? whole : whole.index_select(0, classified); };
  return {location, forward_mdl_classes(layers, config, some(region), some(features))};
}

RecordedLayers mdl_cnn_layers(const MdlCnnConfig& config, int64_t slices, int64_t rows, int64_t columns) {
  return record([&](Layers& layers) {
    forward_mdl_cnn(layers, config, meta_input({slices, config.input_planes(), rows, columns}));
  });
}

}  // namespace hepatica
