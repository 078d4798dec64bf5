#include "models/state_dict.h"

#include <torch/nn/module.h>

#include "core/error.h"

namespace hepatica {

StateDict state_of(const torch::nn::Module& module) {
  StateDict state;
  for (const auto& item : module.named_parameters()) state[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) state[item.key()] = item.value();
  return state;
}

void load_state(torch::nn::Module& module, const StateDict& state, const std::string& network,
                const std::string& file) {
  const at::NoGradGuard no_grad;
  const StateDict own = state_of(module);
  const auto refuse = [&](const std::string& name, const std::string& why) {
    throw Error("WRONG_MODEL", "Tensor " + name + " " + why + ": these are not weights of " + network, file, name,
                "Use weights whose metadata describes this architecture");
  };
  for (const auto& [name, tensor] : state) {
    if (!own.contains(name)) refuse(name, "is not part of the network");
  }
  for (const auto& [name, target] : own) {
    const auto found = state.find(name);
    // Weights for inference may leave out the counter, which only training reads.
    if (found == state.end() && name.ends_with("num_batches_tracked")) continue;
    if (found == state.end()) refuse(name, "is missing");
    if (found->second.sizes() != target.sizes()) refuse(name, "has another shape");
    target.detach().copy_(found->second);
  }
}

}  // namespace hepatica
