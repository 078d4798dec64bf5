// The 3-D structure network's one forward pass. Tensors (N, channels, z, y, x), canonical orientation; members are
// named as in the state dict.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "models/encoder3d/config.h"
#include "models/encoder3d/features.h"
#include "models/layers/layers.h"

namespace hepatica {

class Encoder3d {
 public:
  // Of its encoder's tensors.
  static constexpr const char* kEncoderPrefix = "encoder.";

  // Logits of slices from `first` on: (N, classes * 2 * 2, slices, y / 2, x / 2), the sub-rows and sub-columns of each
  // class behind it, the column fastest.
  using Emit = std::function<void(int64_t first, const at::Tensor& logits)>;

  explicit Encoder3d(const Encoder3dConfig& config) : config_(config) {}

  // `x`: (N, 1, z, y, x) network values (grid/sample_cells.h), sizes in multiples of 8; `coordinates`: (N, 2, z / 4,
  // y / 8, x / 8), see body_coordinates. What is fine in the plane is computed in tiles of `tile_slices` (even) slices
  // with as many around them as the layers see: the result is that of one tile, and memory that of a few. Returns what
  // the encoder made of `x`.
  EncoderFeatures forward(Layers& layers, const at::Tensor& x, const at::Tensor& coordinates, int64_t tile_slices,
                          const Emit& emit) const;

  // All logits at once, (N, classes, z, y, x).
  at::Tensor forward(Layers& layers, const at::Tensor& x, const at::Tensor& coordinates) const;

 private:
  at::Tensor context(Layers& layers, const at::Tensor& layer2, const at::Tensor& coordinates) const;
  at::Tensor outline(Layers& layers, const at::Tensor& coarse, const at::Tensor& lateral, int64_t begin,
                     int64_t end) const;

  Encoder3dConfig config_;
};

}  // namespace hepatica
