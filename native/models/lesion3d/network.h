// The 3-D lesion network's one forward pass. Tensors (N, channels, z, y, x), canonical orientation; members are named
// as in the state dict, behind Lesion3dConfig::kPrefix.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "models/layers/layers.h"
#include "models/lesion3d/config.h"
#include "models/lesion3d/surroundings.h"

namespace hepatica {

// Each (N, 1, z, y, x), float32, sizes in multiples of 8.
struct Lesion3dInput {
  // Network values (grid/sample_cells.h).
  at::Tensor values;
  // (HU - the liver's commonest) / kContrastHu, clamped.
  at::Tensor relative;
  // 1 inside the liver.
  at::Tensor mask;
};

class Lesion3d {
 public:
  // Logits of slices from `first` on: (N, 2 * 2, slices, y / 2, x / 2), the sub-columns fastest.
  using Emit = std::function<void(int64_t first, const at::Tensor& logits)>;

  explicit Lesion3d(const Lesion3dConfig& config) : config_(config) {}

  // As Encoder3d's in tiles of `tile_slices` (even) slices.
  void forward(Layers& layers, const Lesion3dInput& input, int64_t tile_slices, const Emit& emit) const;

  // All logits at once, (N, 1, z, y, x).
  at::Tensor forward(Layers& layers, const Lesion3dInput& input) const;

 private:
  at::Tensor context(Layers& layers, const at::Tensor& layer2, const Surroundings& surroundings) const;
  at::Tensor outline(Layers& layers, const at::Tensor& coarse, const at::Tensor& lateral,
                     const Surroundings& surroundings, int64_t begin, int64_t end) const;

  Lesion3dConfig config_;
};

}  // namespace hepatica
