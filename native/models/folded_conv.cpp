#include "models/folded_conv.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/rsqrt.h>

#include "core/error.h"

namespace hepatica {
namespace {

// torch::nn::BatchNorm2d's default, which training uses.
constexpr double kBatchNormEpsilon = 1e-5;

}  // namespace

void CheckedState::refuse(const std::string& name, const std::string& why) const {
  throw Error("WRONG_MODEL", "Tensor " + name + " " + why + ": these are not weights of " + network_, file_, name,
              "Use weights whose metadata describes this architecture");
}

at::Tensor CheckedState::tensor(const std::string& name, at::IntArrayRef shape) const {
  const auto found = state_.find(name);
  if (found == state_.end()) refuse(name, "is missing");
  const at::Tensor& tensor = found->second;
  if (tensor.sizes() != shape) refuse(name, "has another shape");
  if (!tensor.is_floating_point()) refuse(name, "is not of a floating type");
  if (!at::isfinite(tensor).all().item<bool>()) refuse(name, "holds infinite values or NaN");
  return tensor.detach().to(at::kFloat);
}

FoldedConv CheckedState::conv(const std::string& name, int64_t in, int64_t out, int64_t kernel) const {
  return {tensor(name + ".weight", {out, in, kernel, kernel}), tensor(name + ".bias", {out})};
}

FoldedConv CheckedState::conv_with_norm(const std::string& conv, const std::string& norm, int64_t in, int64_t out,
                                        int64_t kernel) const {
  const at::Tensor weight = tensor(conv + ".weight", {out, in, kernel, kernel});
  const at::Tensor variance = tensor(norm + ".running_var", {out});
  if (variance.lt(0).any().item<bool>()) refuse(norm + ".running_var", "holds a negative variance");
  const at::Tensor scale = tensor(norm + ".weight", {out}) * at::rsqrt(variance + kBatchNormEpsilon);
  const at::Tensor mean = tensor(norm + ".running_mean", {out});
  return {weight * scale.view({-1, 1, 1, 1}), tensor(norm + ".bias", {out}) - mean * scale};
}

FoldedConv class_difference(const FoldedConv& head) {
  const int64_t half = head.bias.size(0) / 2;
  return {head.weight.narrow(0, half, half) - head.weight.narrow(0, 0, half),
          head.bias.narrow(0, half, half) - head.bias.narrow(0, 0, half)};
}

}  // namespace hepatica
