#include "models/liver_cnn/folded_weights.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/rsqrt.h>

#include "core/error.h"

namespace hepatica {
namespace {

// torch::nn::BatchNorm2d's default, which training uses.
constexpr double kBatchNormEpsilon = 1e-5;

class CheckedState {
 public:
  CheckedState(const StateDict& state, const std::string& file) : state_(state), file_(file) {}

  at::Tensor tensor(const std::string& name, at::IntArrayRef shape) const {
    const auto found = state_.find(name);
    if (found == state_.end()) refuse(name, "is missing");
    const at::Tensor& tensor = found->second;
    if (tensor.sizes() != shape) refuse(name, "has another shape");
    if (!tensor.is_floating_point()) refuse(name, "is not of a floating type");
    if (!at::isfinite(tensor).all().item<bool>()) refuse(name, "holds infinite values or NaN");
    return tensor.detach().to(at::kFloat);
  }

 private:
  [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
    throw Error("WRONG_MODEL", "Tensor " + name + " " + why + ": these are not weights of this liver network", file_,
                name, "Use weights whose metadata describes this architecture");
  }

  const StateDict& state_;
  const std::string& file_;
};

FoldedConv fold_layer(const CheckedState& state, const std::string& index, int64_t in, int64_t out, int64_t kernel) {
  const at::Tensor weight = state.tensor("conv" + index + ".weight", {out, in, kernel, kernel});
  const std::string norm = "bn" + index + ".";
  const at::Tensor variance = state.tensor(norm + "running_var", {out});
  const at::Tensor scale = state.tensor(norm + "weight", {out}) * at::rsqrt(variance + kBatchNormEpsilon);
  const at::Tensor mean = state.tensor(norm + "running_mean", {out});
  return {weight * scale.view({-1, 1, 1, 1}), state.tensor(norm + "bias", {out}) - mean * scale};
}

}  // namespace

FoldedWeights fold_weights(const LiverCnnConfig& config, const StateDict& state, const std::string& file) {
  const CheckedState checked(state, file);
  FoldedWeights folded;
  int64_t channels = config.input_channels();
  for (size_t i = 0; i < folded.layers.size(); ++i) {
    const int64_t out = LiverCnnConfig::kWidths[i];
    folded.layers[i] = fold_layer(checked, std::to_string(i + 1), channels, out, config.kernels[i]);
    channels = out;
  }
  const int64_t out = config.head_output_channels();
  const at::Tensor weight =
      checked.tensor("head.weight", {out, config.head_input_channels(), config.head_kernel, config.head_kernel});
  const at::Tensor bias = checked.tensor("head.bias", {out});
  // Pixel shuffle takes class c's sub-pixels from channels c * s * s onwards.
  const int64_t per_class = out / LiverCnnConfig::kClasses;
  folded.head = {weight.narrow(0, per_class, per_class) - weight.narrow(0, 0, per_class),
                 bias.narrow(0, per_class, per_class) - bias.narrow(0, 0, per_class)};
  return folded;
}

}  // namespace hepatica
