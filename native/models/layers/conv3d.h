// What the 3-D networks are made of.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "models/layers/conv.h"

namespace hepatica {

// A cubic convolution, batch norm and ReLU: NAME.conv and NAME.bn in the state dict.
Conv conv3d_norm(const std::string& name, int64_t in, int64_t out, int64_t kernel);

// A cubic convolution alone.
Conv conv3d_plain(const std::string& name, int64_t in, int64_t out, int64_t kernel, bool bias);

// Max-pool of 2 with stride 2 along each of three axes; what is odd at an end is pooled alone.
at::Tensor halve(const at::Tensor& x);

}  // namespace hepatica
