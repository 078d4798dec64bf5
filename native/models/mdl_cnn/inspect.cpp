#include "models/mdl_cnn/inspect.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "models/layers/folded_layers.h"
#include "models/layers/inspected_layers.h"
#include "models/mdl_cnn/network.h"
#include "models/mdl_cnn/normalization.h"

namespace hepatica {
namespace {

// The three channels are slices, or one slice three times.
at::Tensor filters_on_slice(const at::Tensor& weight, const MdlCnnConfig& config) {
  const at::Tensor scaled = imagenet_normalized(weight) - imagenet_normalized(at::zeros_like(weight));
  if (config.context_mm.size() == 1) return scaled.sum(1);
  const auto nearer = [](double a, double b) { return std::abs(a) < std::abs(b); };
  const auto central = std::min_element(config.context_mm.begin(), config.context_mm.end(), nearer);
  return scaled.select(1, central - config.context_mm.begin());
}

}  // namespace

std::vector<FeatureMaps> inspect_region(const MdlCnnConfig& config, const StateDict& state, const at::Device& device,
                                        const RegionInput& region, int64_t index) {
  const c10::InferenceMode inference_mode;
  FoldedLayers layers(mdl_cnn_layers(config), state, device, at::kFloat);
  const std::array<int64_t, 1> slices = {index};
  InspectedLayers inspected(layers, "base.");
  forward_mdl_cnn(inspected, config, region.batch(slices));
  const at::Tensor stem = layers.weights("base.conv1").weight.cpu();
  std::vector<FeatureMaps> maps = {feature_maps("filters", filters_on_slice(stem, config))};
  for (const auto& [name, answer] : inspected.answers()) maps.push_back(feature_maps(name, answer[0]));
  return maps;
}

}  // namespace hepatica
