#include "training/optimization.h"

#include <ATen/autocast_mode.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include "core/error.h"

namespace hepatica {

at::Tensor segmentation_loss(const at::Tensor& log_p, const at::Tensor& target, const TrainingOptions& options) {
  const at::Tensor inside = log_p.select(1, 1);
  const at::Tensor outside = log_p.select(1, 0);
  at::Tensor loss = -(target * inside * options.positive_weight + (1 - target) * outside).mean();
  if (options.dice_weight > 0) {
    const at::Tensor p = inside.exp();
    const at::Tensor overlap = (2 * (p * target).sum() + 1) / (p.sum() + target.sum() + 1);
    loss = loss + options.dice_weight * (1 - overlap);
  }
  return loss;
}

double learning_rate_at(int64_t step, double fraction, const TrainingOptions& options) {
  double rate = options.learning_rate;
  if (step < options.warmup_steps) rate *= static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps);
  if (options.schedule == LearningRateSchedule::kCosine) {
    rate *= 0.5 * (1 + std::cos(std::numbers::pi * std::clamp(fraction, 0.0, 1.0)));
    rate = std::max(rate, options.minimum_rate * options.learning_rate);
  }
  return rate;
}

void update_average(LiverCnn& average, const LiverCnn& network, double decay, int64_t steps_done) {
  const at::NoGradGuard no_grad;
  const auto steps = static_cast<double>(steps_done);
  const double keep = std::min(decay, (1 + steps) / (10 + steps));
  const StateDict source = network->state_dict();
  for (auto& [name, target] : average->state_dict()) {
    if (target.is_floating_point()) {
      target.detach().lerp_(source.at(name).detach(), 1 - keep);
    } else {
      target.copy_(source.at(name));
    }
  }
}

void to_channels_last(LiverCnn& network) {
  for (at::Tensor& parameter : network->parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
  }
}

torch::optim::Adam make_adam(const LiverCnn& network, double learning_rate) {
  return torch::optim::Adam(network->parameters(),
                            torch::optim::AdamOptions(learning_rate).betas({0.9, 0.999}).eps(1e-8));
}

StateDict adam_state(torch::optim::Adam& adam, const LiverCnn& network) {
  StateDict state;
  for (const auto& item : network->named_parameters()) {
    const auto found = adam.state().find(item.value().unsafeGetTensorImpl());
    if (found == adam.state().end()) continue;
    const auto& moments = static_cast<torch::optim::AdamParamState&>(*found->second);
    state["exp_avg." + item.key()] = moments.exp_avg();
    state["exp_avg_sq." + item.key()] = moments.exp_avg_sq();
    state["step." + item.key()] = at::scalar_tensor(moments.step(), at::kLong);
  }
  return state;
}

void load_adam_state(torch::optim::Adam& adam, const LiverCnn& network, const StateDict& state,
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
  for (const auto& item : network->named_parameters()) {
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
