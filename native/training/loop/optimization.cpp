#include "training/loop/optimization.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros_like.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numbers>
#include <utility>

#include "core/error.h"

namespace hepatica {

double learning_rate_at(int64_t step, double fraction, const TrainingRunOptions& options) {
  double rate = options.learning_rate;
  if (step < options.warmup_steps) rate *= static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps);
  if (options.schedule == LearningRateSchedule::kCosine) {
    rate *= 0.5 * (1 + std::cos(std::numbers::pi * std::clamp(fraction, 0.0, 1.0)));
    rate = std::max(rate, options.minimum_rate * options.learning_rate);
  }
  return rate;
}

void update_average(torch::nn::Module& average, const torch::nn::Module& network, double decay, int64_t steps_done) {
  const at::NoGradGuard no_grad;
  const auto steps = static_cast<double>(steps_done);
  const double keep = std::min(decay, (1 + steps) / (10 + steps));
  const StateDict source = state_of(network);
  std::vector<at::Tensor> targets, sources;
  for (auto& [name, target] : state_of(average)) {
    if (target.is_floating_point()) {
      targets.push_back(target.detach());
      sources.push_back(source.at(name).detach());
    } else {
      target.copy_(source.at(name));
    }
  }
  at::_foreach_lerp_(targets, sources, 1 - keep);
}

void to_channels_last(torch::nn::Module& network) {
  for (at::Tensor& parameter : network.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
    if (parameter.dim() == 5) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast3d));
  }
}

RatedAdam make_adam(TrainingTask& task, double learning_rate) {
  std::map<double, std::vector<at::Tensor>> by_factor;
  for (const auto& item : task.network().named_parameters()) {
    by_factor[task.rate_factor(item.key())].push_back(item.value());
  }
  std::vector<torch::optim::OptimizerParamGroup> groups;
  std::vector<double> factors;
  for (auto& [factor, parameters] : by_factor) {
    groups.emplace_back(std::move(parameters));
    factors.push_back(factor);
  }
  const auto options = torch::optim::AdamOptions(learning_rate).betas({0.9, 0.999}).eps(1e-8);
  return {torch::optim::Adam(std::move(groups), options), std::move(factors)};
}

void RatedAdam::set_learning_rate(double rate) {
  for (size_t i = 0; i < factors.size(); ++i) {
    static_cast<torch::optim::AdamOptions&>(optimizer.param_groups()[i].options()).lr(rate * factors[i]);
  }
}

namespace {

torch::optim::AdamParamState& moments_of(torch::optim::Adam& adam, const at::Tensor& parameter) {
  auto& moments = adam.state()[parameter.unsafeGetTensorImpl()];
  if (!moments) {
    auto fresh = std::make_unique<torch::optim::AdamParamState>();
    fresh->step(0);
    fresh->exp_avg(at::zeros_like(parameter, at::MemoryFormat::Preserve));
    fresh->exp_avg_sq(at::zeros_like(parameter, at::MemoryFormat::Preserve));
    moments = std::move(fresh);
  }
  return static_cast<torch::optim::AdamParamState&>(*moments);
}

}  // namespace

void RatedAdam::fused_step() {
  const at::NoGradGuard no_grad;
  for (const torch::optim::OptimizerParamGroup& group : optimizer.param_groups()) {
    std::vector<at::Tensor> parameters, gradients, means, squares, steps;
    std::map<int64_t, at::Tensor> step_values;
    for (const at::Tensor& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      torch::optim::AdamParamState& moments = moments_of(optimizer, parameter);
      moments.step(moments.step() + 1);
      at::Tensor& step = step_values[moments.step()];
      if (!step.defined()) step = at::full({}, moments.step(), parameter.options().dtype(at::kFloat));
      parameters.push_back(parameter);
      gradients.push_back(parameter.grad());
      means.push_back(moments.exp_avg());
      squares.push_back(moments.exp_avg_sq());
      steps.push_back(step);
    }
    if (parameters.empty()) continue;
    const auto& options = static_cast<const torch::optim::AdamOptions&>(group.options());
    at::_fused_adam_(parameters, gradients, means, squares, {}, steps, options.lr(), std::get<0>(options.betas()),
                     std::get<1>(options.betas()), options.weight_decay(), options.eps(), /*amsgrad=*/false,
                     /*maximize=*/false);
  }
}

void limit_gradient(const torch::nn::Module& network, double limit) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : network.parameters()) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  if (gradients.empty()) return;
  const at::Tensor length = at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients)));
  at::_foreach_mul_(gradients, (limit / (length + 1e-6)).clamp_max(1));
}

// In one tensor, so that there is one exchange a step.
void sum_gradients(const torch::nn::Module& network, Communicator& communicator) {
  if (communicator.size() == 1) return;
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients, flat;
  for (const at::Tensor& parameter : network.parameters()) {
    if (!parameter.grad().defined()) continue;
    gradients.push_back(parameter.grad());
    flat.push_back(parameter.grad().reshape(-1));
  }
  if (gradients.empty()) return;
  const at::Tensor bucket = at::cat(flat);
  communicator.all_reduce_sum(bucket);
  int64_t begin = 0;
  for (at::Tensor& gradient : gradients) {
    gradient.copy_(bucket.narrow(0, begin, gradient.numel()).view(gradient.sizes()));
    begin += gradient.numel();
  }
}

StateDict adam_state(torch::optim::Adam& adam, const torch::nn::Module& network) {
  StateDict state;
  for (const auto& item : network.named_parameters()) {
    const auto found = adam.state().find(item.value().unsafeGetTensorImpl());
    if (found == adam.state().end()) continue;
    const auto& moments = static_cast<torch::optim::AdamParamState&>(*found->second);
    state["exp_avg." + item.key()] = moments.exp_avg();
    state["exp_avg_sq." + item.key()] = moments.exp_avg_sq();
    state["step." + item.key()] = at::scalar_tensor(moments.step(), at::kLong);
  }
  return state;
}

void load_adam_state(torch::optim::Adam& adam, const torch::nn::Module& network, const StateDict& state,
                     const std::string& file) {
  const at::NoGradGuard no_grad;
  const auto find = [&](const std::string& name, const at::Tensor* like) -> const at::Tensor& {
    const auto found = state.find(name);
    const bool fits =
        found != state.end() && (like ? found->second.sizes() == like->sizes() : found->second.numel() == 1);
    if (fits) return found->second;
    throw Error("CORRUPT_CHECKPOINT", "The checkpoint's optimizer state " + name + " is missing or misshapen", file,
                name, "Delete the checkpoint folder and train anew");
  };
  for (const auto& item : network.named_parameters()) {
    // Never trained so far: frozen, or of a channel that nothing was drawn for.
    if (!state.contains("exp_avg." + item.key()) && !state.contains("exp_avg_sq." + item.key())) continue;
    const at::Tensor& parameter = item.value();
    auto moments = std::make_unique<torch::optim::AdamParamState>();
    const auto like_parameter = [&](const std::string& name) {
      return at::zeros_like(parameter, at::MemoryFormat::Preserve).copy_(find(name, &parameter));
    };
    moments->exp_avg(like_parameter("exp_avg." + item.key()));
    moments->exp_avg_sq(like_parameter("exp_avg_sq." + item.key()));
    moments->step(find("step." + item.key(), nullptr).item<int64_t>());
    adam.state()[parameter.unsafeGetTensorImpl()] = std::move(moments);
  }
}

}  // namespace hepatica
