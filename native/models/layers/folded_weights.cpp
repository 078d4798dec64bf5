#include "models/layers/folded_weights.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/zeros.h>

#include <set>
#include <utility>
#include <vector>

#include "core/error.h"

namespace hepatica {
namespace {

// As in torch::nn::BatchNorm, which training uses.
constexpr double kBatchNormEpsilon = 1e-5;

class Check {
 public:
  Check(const StateDict& state, const std::string& network, const std::string& file)
      : state_(state), network_(network), file_(file) {}

  void tensor(const std::string& name, at::IntArrayRef shape) {
    known_.insert(name);
    if (is_counter(name)) return;
    const auto found = state_.find(name);
    if (found == state_.end()) refuse(name, "is missing");
    const at::Tensor& tensor = found->second;
    if (tensor.sizes() != shape) refuse(name, "has another shape");
    if (!tensor.is_floating_point()) refuse(name, "is not of a floating type");
    if (!at::isfinite(tensor).all().item<bool>()) refuse(name, "holds infinite values or NaN");
    const bool variance = name.ends_with(".running_var");
    if (variance && tensor.lt(0).any().item<bool>()) refuse(name, "holds a negative variance");
  }

  void no_others() const {
    for (const auto& [name, tensor] : state_) {
      if (!known_.contains(name)) refuse(name, "is not part of the network");
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
    throw Error("WRONG_MODEL", "Tensor " + name + " " + why + ": these are not weights of " + network_, file_, name,
                "Use weights whose metadata describes this architecture");
  }

  const StateDict& state_;
  const std::string& network_;
  const std::string& file_;
  std::set<std::string> known_;
};

FoldedConv fold(const Conv& layer, const StateDict& state) {
  const auto values = [&](const std::string& name) { return state.at(name).detach().to(at::kFloat); };
  const at::Tensor weight = values(layer.name + ".weight");
  if (!layer.has_norm()) {
    return {weight, layer.has_bias() ? values(layer.name + ".bias") : at::zeros({layer.out})};
  }
  const at::Tensor scale =
      values(layer.norm + ".weight") * at::rsqrt(values(layer.norm + ".running_var") + kBatchNormEpsilon);
  std::vector<int64_t> by_output(static_cast<size_t>(weight.dim()), 1);
  by_output[0] = -1;
  return {weight * scale.view(by_output), values(layer.norm + ".bias") - values(layer.norm + ".running_mean") * scale};
}

FoldedConv class_difference(const FoldedConv& both) {
  const int64_t half = both.bias.size(0) / 2;
  return {both.weight.narrow(0, half, half) - both.weight.narrow(0, 0, half),
          both.bias.narrow(0, half, half) - both.bias.narrow(0, 0, half)};
}

}  // namespace

void check_weights(const RecordedLayers& layers, const StateDict& state, const std::string& network,
                   const std::string& file) {
  Check check(state, network, file);
  for (const auto& [name, shape] : state_shapes(layers)) check.tensor(name, shape);
  check.no_others();
}

std::map<std::string, FoldedConv> fold_weights(const RecordedLayers& layers, const StateDict& state) {
  std::map<std::string, FoldedConv> folded;
  for (const auto& [layer, input, adds] : layers) {
    const FoldedConv conv = fold(layer, state);
    folded[layer.name] = layer.two_classes ? class_difference(conv) : conv;
  }
  return folded;
}

}  // namespace hepatica
