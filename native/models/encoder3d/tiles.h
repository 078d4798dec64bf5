// What the 3-D networks compute finely in the plane, in tiles along z: memory is that of a few, the result that of one.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/geometry.h"

namespace hepatica {

// Slices (even) of one tile of a network's input of `cells` (x, y, z).
int64_t tile_slices(const Size3& cells);

// Slices `begin` to `end` of (N, channels, z, y, x).
at::Tensor slices(const at::Tensor& x, int64_t begin, int64_t end);

// Along z.
at::Tensor joined(const std::vector<at::Tensor>& tiles);

// Slices `begin` to `end` of `coarse` on twice as many slices of `rows` x `columns`.
at::Tensor upsampled_slices(const at::Tensor& coarse, int64_t rows, int64_t columns, int64_t begin, int64_t end);

}  // namespace hepatica
