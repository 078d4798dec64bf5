#include "models/layers/synchronized_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/batch_norm_update_stats.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstdint>
#include <tuple>
#include <vector>

namespace hepatica {
namespace {

// Values of a channel over all processes, in the arithmetic of the running ones.
struct Moments {
  at::Tensor mean, var;  // biased
  double count = 0;
};

double values_a_channel(const at::Tensor& x) { return static_cast<double>(x.numel()) / static_cast<double>(x.size(1)); }

// In double: the variance of the whole is made from the parts' ones and their means without cancellation.
Moments moments_of(const at::Tensor& x, at::ScalarType dtype, const ProcessSum& sum) {
  const int64_t channels = x.size(1);
  const double own = values_a_channel(x);
  at::Tensor mean = at::zeros(channels, x.options().dtype(at::kDouble)), var = mean;
  if (own > 0) {
    const auto local = at::batch_norm_update_stats(x, {}, {}, 0);
    mean = std::get<0>(local).to(at::kDouble);
    var = std::get<1>(local).to(at::kDouble);
  }
  const at::Tensor sums = at::cat({mean * own, (var + mean * mean) * own, at::full({1}, own, mean.options())});
  sum(sums);
  Moments all;
  all.count = sums[2 * channels].item<double>();
  mean = sums.narrow(0, 0, channels) / all.count;
  var = sums.narrow(0, channels, channels) / all.count - mean * mean;
  all.mean = mean.to(dtype);
  all.var = var.clamp_min(0).to(dtype);
  return all;
}

void update(const NormStatistics& statistics, const Moments& moments) {
  const double unbiased = moments.count / (moments.count - 1);
  statistics.running_mean.lerp_(moments.mean, statistics.momentum);
  statistics.running_var.lerp_(moments.var * unbiased, statistics.momentum);
}

// (C) as it is broadcast over x.
at::Tensor by_channel(const at::Tensor& values, const at::Tensor& x) {
  std::vector<int64_t> shape(static_cast<size_t>(x.dim()), 1);
  shape[1] = x.size(1);
  return values.view(shape);
}

class SynchronizedNorm : public torch::autograd::Function<SynchronizedNorm> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, const NormStatistics& statistics, const ProcessSum& sum) {
    const Moments moments = moments_of(x, statistics.running_mean.scalar_type(), sum);
    update(statistics, moments);
    context->save_for_backward({x, weight, moments.mean, (moments.var + statistics.epsilon).rsqrt()});
    context->saved_data["count"] = moments.count;
    context->saved_data["epsilon"] = statistics.epsilon;
    context->saved_data["sum"] = static_cast<int64_t>(reinterpret_cast<intptr_t>(&sum));
    if (x.numel() == 0) return at::empty_like(x);
    return std::get<0>(at::native_batch_norm(x, weight, bias, moments.mean, moments.var, false, 0, statistics.epsilon));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &mean = saved[2], &inverse = saved[3];
    const auto* sum = reinterpret_cast<const ProcessSum*>(static_cast<intptr_t>(context->saved_data["sum"].toInt()));
    const double count = context->saved_data["count"].toDouble();
    const at::Tensor dy = gradients[0].contiguous(x.suggest_memory_format());
    // Of dy times the normalized x, and of dy.
    at::Tensor d_weight = at::zeros_like(weight), d_bias = d_weight;
    if (x.numel() > 0) {
      std::tie(std::ignore, d_weight, d_bias) = at::native_batch_norm_backward(
          dy, x, weight, {}, {}, mean, inverse, true, context->saved_data["epsilon"].toDouble(), {false, true, true});
    }
    const int64_t channels = x.size(1);
    const at::Tensor sums = at::cat({d_weight, d_bias}).to(at::kDouble);
    (*sum)(sums);
    const at::Tensor means = (sums / count).to(weight.scalar_type());
    // Mean first, as batch norm of one process has it: what lies far from 0 would lose its digits otherwise.
    at::Tensor dx = x - by_channel(mean, x);
    dx.mul_(by_channel(-inverse * means.narrow(0, 0, channels), x));
    dx.add_(dy).sub_(by_channel(means.narrow(0, channels, channels), x)).mul_(by_channel(weight * inverse, x));
    return {dx.to(x.scalar_type()), d_weight, d_bias, {}, {}};
  }
};

}  // namespace

at::Tensor synchronized_batch_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                   const NormStatistics& statistics, const ProcessSum& sum) {
  return SynchronizedNorm::apply(x, weight, bias, statistics, sum);
}

}  // namespace hepatica
