#include "models/liver_cnn/inspect.h"

#include <ATen/ops/pixel_shuffle.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "models/layers/folded_layers.h"
#include "models/layers/inspected_layers.h"
#include "models/liver_cnn/channels.h"
#include "models/liver_cnn/network.h"

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

std::vector<FeatureMaps> inspect_slice(const LiverCnnConfig& config, const StateDict& state, const at::Device& device,
                                       const NetworkInput& input, int64_t z) {
  const c10::InferenceMode inference_mode;
  FoldedLayers layers(liver_cnn_layers(config), state, device, at::kFloat);
  const ChannelAssembler assembler(input, config, body_canvas(input, config.subsampling), at::kFloat);
  const std::array<int64_t, 1> slices = {z};
  InspectedLayers inspected(layers);
  forward_liver_cnn(inspected, config, assembler.assemble(slices));
  std::vector<FeatureMaps> maps = {feature_maps("filters", pixel_filters(layers.weights("conv1").weight, config))};
  for (const auto& [name, answer] : inspected.answers()) maps.push_back(feature_maps(name, answer[0]));
  return maps;
}

}  // namespace hepatica
