// Weights for tests of networks, of the order that training leaves.
#pragma once

#include <ATen/ATen.h>

#include <cmath>

#include "models/layers/recorded_layers.h"
#include "models/state_dict.h"

namespace hepatica {

// So that neither sums nor differences vanish in the last layer.
inline StateDict random_weights(const RecordedLayers& layers) {
  at::manual_seed(7);
  StateDict state;
  for (const RecordedConv& recorded : layers) {
    const Conv& conv = recorded.layer;
    const at::Tensor weight = at::randn(conv.weight_shape());
    const double inputs = static_cast<double>(weight.numel() / conv.out);
    state[conv.name + ".weight"] = weight * std::sqrt(1.5 / inputs);
    if (conv.has_bias()) state[conv.name + ".bias"] = at::randn({conv.out}) * 0.1;
    if (!conv.has_norm()) continue;
    state[conv.norm + ".weight"] = at::rand({conv.out}) + 0.5;
    state[conv.norm + ".bias"] = at::randn({conv.out}) * 0.1;
    state[conv.norm + ".running_mean"] = at::randn({conv.out}) * 0.1;
    state[conv.norm + ".running_var"] = at::rand({conv.out}) + 0.5;
  }
  return state;
}

}  // namespace hepatica
