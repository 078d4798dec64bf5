// Tensors by their state-dict names, as in Python.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace hepatica {

using StateDict = std::map<std::string, at::Tensor>;

}  // namespace hepatica
