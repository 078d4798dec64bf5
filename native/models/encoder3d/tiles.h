// What the 3-D networks compute finely in the plane, in tiles along z: memory is that of a few, the result that of one.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
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

// Some of what lies at half rows and columns: slices, rows, columns, from `begin` to before `end`.
struct FinePart {
  std::array<int64_t, 3> begin = {0, 0, 0};
  std::array<int64_t, 3> end = {0, 0, 0};
};

// The same part of a volume of whole rows and columns.
FinePart in_cells(FinePart part);

// With `reach` around it, as far as `whole` goes.
FinePart grown(const FinePart& part, int64_t reach, const std::array<int64_t, 3>& whole);

// Of a tensor of the whole, and of one of the part `there`.
at::Tensor part_of(const at::Tensor& whole, const FinePart& wanted);
at::Tensor part_of(const at::Tensor& x, const FinePart& there, const FinePart& wanted);

// A part of `coarse` on a grid twice as fine along each axis.
at::Tensor upsampled_part(const at::Tensor& coarse, const FinePart& part);

}  // namespace hepatica
