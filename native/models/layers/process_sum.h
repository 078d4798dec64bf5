// Adds a tensor's values up over all processes that train one network together.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace hepatica {

// The tensor's values become the sum, the same bytes everywhere; all processes call it in the same order. Empty: this
// process trains alone.
using ProcessSum = std::function<void(const at::Tensor&)>;

}  // namespace hepatica
