#include "models/mdl_cnn/inspect.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/pixel_unshuffle.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "models/mdl_cnn/folded_weights.h"
#include "models/mdl_cnn/normalization.h"

namespace hepatica {
namespace {

at::Tensor convolved(const at::Tensor& x, const FoldedConv& conv, int64_t stride = 1) {
  const int64_t padding = conv.weight.size(2) / 2;
  return at::conv2d(x, conv.weight, conv.bias, at::IntArrayRef({stride, stride}), at::IntArrayRef({padding, padding}));
}

at::Tensor bottleneck(const at::Tensor& x, const FoldedBottleneck& block) {
  const at::Tensor narrowed = at::relu(convolved(x, block.narrow));
  const at::Tensor widened = convolved(at::relu(convolved(narrowed, block.middle, block.stride)), block.widen);
  return at::relu(widened + (block.project.weight.defined() ? convolved(x, block.project, block.stride) : x));
}

// The three channels are slices, or one slice three times.
at::Tensor filters_on_slice(const at::Tensor& weight, const MdlCnnConfig& config) {
  const at::Tensor scaled = imagenet_normalized(weight) - imagenet_normalized(at::zeros_like(weight));
  if (config.context_mm.size() == 1) return scaled.sum(1);
  const auto nearer = [](double a, double b) { return std::abs(a) < std::abs(b); };
  const auto central = std::min_element(config.context_mm.begin(), config.context_mm.end(), nearer);
  return scaled.select(1, central - config.context_mm.begin());
}

// Runs the network and keeps what its layers answer.
class Inspection {
 public:
  Inspection(const MdlCnnConfig& config, const MdlFoldedWeights& weights) : config_(config), weights_(weights) {}

  std::vector<FeatureMaps> run(const at::Tensor& region) {
    const at::Tensor cells = at::pixel_unshuffle(region, MdlCnnConfig::kCell);
    keep("filters", filters_on_slice(weights_.stem.weight, config_));
    channel("location", weights_.location, at::cat({run_base(region, cells), cells}, 1));
    channel("class", weights_.classes, at::pixel_unshuffle(class_normalized(region, config_), MdlCnnConfig::kCell));
    return std::move(maps_);
  }

 private:
  void keep(const std::string& name, const at::Tensor& maps) { maps_.push_back(feature_maps(name, maps)); }

  at::Tensor run_base(const at::Tensor& region, const at::Tensor& cells) {
    const auto contexts = static_cast<int64_t>(config_.context_mm.size());
    const at::Tensor picture = imagenet_normalized(region.narrow(1, 0, contexts).expand({-1, 3, -1, -1}));
    at::Tensor features = at::relu(convolved(picture, weights_.stem, 2));
    keep("conv1", features[0]);
    features = at::max_pool2d(features, {3, 3}, {2, 2}, {1, 1});
    at::Tensor merged;
    for (size_t stage = 0; stage < weights_.stages.size(); ++stage) {
      for (const FoldedBottleneck& block : weights_.stages[stage]) features = bottleneck(features, block);
      keep("layer" + std::to_string(stage + 1), features[0]);
      const at::Tensor part =
          at::upsample_bilinear2d(convolved(features, weights_.merge[stage]), {cells.size(2), cells.size(3)}, false);
      merged = merged.defined() ? merged + part : part;
    }
    return merged;
  }

  void channel(const std::string& name, const std::vector<FoldedConv>& layers, at::Tensor features) {
    for (size_t i = 0; i < layers.size(); ++i) {
      features = at::relu(convolved(features, layers[i]));
      keep(name + std::to_string(i + 1), features[0]);
    }
  }

  const MdlCnnConfig& config_;
  const MdlFoldedWeights& weights_;
  std::vector<FeatureMaps> maps_;
};

}  // namespace

std::vector<FeatureMaps> inspect_region(const MdlCnnConfig& config, const StateDict& state, const RegionInput& region,
                                        int64_t index) {
  const c10::InferenceMode inference_mode;
  const MdlFoldedWeights weights = fold_mdl_weights(config, state);
  const std::array<int64_t, 1> slices = {index};
  return Inspection(config, weights).run(region.batch(slices));
}

}  // namespace hepatica
