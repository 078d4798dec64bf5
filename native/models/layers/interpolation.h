// Linear interpolation between pixel centres, for devices whose own operator adds up its gradients in any order: sums
// of neighbours alone, whose gradients have one order.
#pragma once

#include <ATen/core/Tensor.h>

namespace hepatica {

// Whether each of `size` is a multiple of x's.
bool is_enlargement(const at::Tensor& x, at::IntArrayRef size);

// What at::upsample_bilinear2d and at::upsample_trilinear3d give for such a size without aligned corners: (N, C,
// size...).
at::Tensor interpolate_neighbours(const at::Tensor& x, at::IntArrayRef size);

}  // namespace hepatica
