// Tensors by their state-dict names, as in Python.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace torch::nn {
class Module;
}

namespace hepatica {

using StateDict = std::map<std::string, at::Tensor>;

// Parameters and buffers by name, sharing storage with the module.
StateDict state_of(const torch::nn::Module& module);

// Copies values by name. Throws WRONG_MODEL naming `file` and the tensor for a missing, surplus or misshapen one;
// `network` says in the message whose weights they should be ("this liver network").
void load_state(torch::nn::Module& module, const StateDict& state, const std::string& network,
                const std::string& file = {});

}  // namespace hepatica
