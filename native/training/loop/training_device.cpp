#include "training/loop/training_device.h"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <c10/util/Exception.h>
#include <torch/torch.h>

#include <utility>

namespace hepatica {

at::Tensor TrainingDevice::take(const at::Tensor& made) const {
  if (is_cpu()) return made;
  return (tensors.is_cuda() ? made.pin_memory() : made).to(tensors, /*non_blocking=*/true);
}

void TrainingDevice::take(torch::nn::Module& network) const {
  if (!is_cpu()) network.to(tensors);
}

StateDict on_cpu(const StateDict& state) {
  StateDict moved;
  for (const auto& [name, tensor] : state) moved[name] = tensor.to(at::kCPU);
  return moved;
}

Autocast::Autocast(const TrainingDevice& device)
    : type_(device.tensors.type()),
      enabled_before_(at::autocast::is_autocast_enabled(type_)),
      dtype_before_(at::autocast::get_autocast_dtype(type_)) {
  at::autocast::set_autocast_enabled(type_, device.bf16);
  at::autocast::set_autocast_dtype(type_, at::kBFloat16);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(type_, enabled_before_);
  at::autocast::set_autocast_dtype(type_, dtype_before_);
}

// libtorch warns of an operation that has no deterministic way, by a sentence that begins with its name.
class Determinism::Switches : public c10::WarningHandler {
 public:
  Switches() {
    context_.setDeterministicAlgorithms(true, /*warn_only=*/true);
    // Memory that nothing reads before it is written needs no filling.
    context_.setDeterministicFillUninitializedMemory(false);
  }
  ~Switches() override {
    context_.setDeterministicAlgorithms(algorithms_, warn_only_);
    context_.setDeterministicFillUninitializedMemory(fill_);
  }

  void process(const c10::Warning& warning) override {
    const std::string& text = warning.msg();
    const size_t end = text.find(" does not have a deterministic implementation");
    if (end == std::string::npos) {
      WarningHandler::process(warning);
    } else {
      untold_.insert(text.substr(0, end));
    }
  }

  std::set<std::string> untold() { return std::exchange(untold_, {}); }

 private:
  at::Context& context_ = at::globalContext();
  const bool algorithms_ = context_.deterministicAlgorithms();
  const bool warn_only_ = context_.deterministicAlgorithmsWarnOnly();
  const bool fill_ = context_.deterministicFillUninitializedMemory();
  std::set<std::string> untold_;
  const c10::WarningUtils::WarningHandlerGuard guard_{this};
};

Determinism::Determinism(const TrainingDevice& device)
    : switches_(device.is_cpu() ? nullptr : std::make_unique<Switches>()) {}

Determinism::~Determinism() = default;

std::set<std::string> Determinism::untold() { return switches_ ? switches_->untold() : std::set<std::string>{}; }

}  // namespace hepatica
