// What ImageNet's published weights expect of values from 0 to 1.
#pragma once

#include <ATen/core/Tensor.h>

namespace hepatica {

// (picture - mean) / standard deviation by channel; picture: (N, 3, H, W).
at::Tensor imagenet_normalized(const at::Tensor& picture);

}  // namespace hepatica
