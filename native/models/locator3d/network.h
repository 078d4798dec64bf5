// The locator's one forward pass. Tensors (N, channels, z, y, x), canonical orientation; members are named as in the
// state dict.
#pragma once

#include <ATen/core/Tensor.h>

#include "models/layers/layers.h"
#include "models/locator3d/config.h"

namespace hepatica {

class Locator3d {
 public:
  explicit Locator3d(const Locator3dConfig& config) : config_(config) {}

  // `x`: (N, 3, z, y, x), network values and the body's coordinates, sizes in multiples of 8. Returns the logits of
  // nothing and of the structure, (N, 2, z, y, x), or with layers that infer their difference, (N, 1, z, y, x).
  at::Tensor forward(Layers& layers, const at::Tensor& x) const;

 private:
  Locator3dConfig config_;
};

}  // namespace hepatica
