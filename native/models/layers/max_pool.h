#pragma once

#include <ATen/core/Tensor.h>

namespace hepatica {

// 3x3 max-pool with stride 1 and the size kept, of channels-last float or bfloat16 data that is nowhere negative (after
// ReLU): separable, row by row; ATen's takes most of an inference (native.md). bfloat16 values >= 0 order as integers.
at::Tensor max_pool_3x3(const at::Tensor& activations);

}  // namespace hepatica
