#include "training/loop/optimization.h"

#include <ATen/autocast_mode.h>

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
  for (auto& [name, target] : state_of(average)) {
    if (target.is_floating_point()) {
      target.detach().lerp_(source.at(name).detach(), 1 - keep);
    } else {
      target.copy_(source.at(name));
    }
  }
}

void to_channels_last(torch::nn::Module& network) {
  for (at::Tensor& parameter : network.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
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

Autocast::Autocast(bool enabled)
    : enabled_before_(at::autocast::is_autocast_enabled(at::kCPU)),
      dtype_before_(at::autocast::get_autocast_dtype(at::kCPU)) {
  at::autocast::set_autocast_enabled(at::kCPU, enabled);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(at::kCPU, enabled_before_);
  at::autocast::set_autocast_dtype(at::kCPU, dtype_before_);
}

bool use_bf16(TrainingPrecision precision) {
  if (precision == TrainingPrecision::kFp32) return false;
#if defined(__x86_64__)
  const bool supported = __builtin_cpu_supports("avx512bf16") != 0;
#else
  const bool supported = false;
#endif
  if (precision == TrainingPrecision::kBf16 && !supported) {
    throw Error("INVALID_ARGUMENT", "Expected precision to be fp32 or auto: this CPU has no bf16 arithmetic", {},
                "precision", "Train with precision auto");
  }
  return supported;
}

}  // namespace hepatica
