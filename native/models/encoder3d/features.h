// What the encoder that the 3-D networks have in common makes of a box of cells: networks that carry the same encoder
// can share it.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/geometry.h"

namespace hepatica {

// conv1's output is not among it: it costs a fifteenth of the encoder's arithmetic to make again, and 32 or 64 bytes a
// cell to keep where these are 20 (bf16) or 40. Tensors (1, channels, z, y, x), on the device that computed them.
struct EncoderFeatures {
  // What boxes within a box begin at multiples of, in cells, x, y, z.
  static constexpr Size3 kStride = {8, 8, 4};

  at::Tensor layer1;  // 256: half slices, quarter rows and columns
  at::Tensor layer2;  // 512: half of those

  // Those of `length` cells (multiples of 8) from cell `begin` on (multiples of kStride) of the box.
  EncoderFeatures part(const Size3& begin, const Size3& length) const;
};

}  // namespace hepatica
