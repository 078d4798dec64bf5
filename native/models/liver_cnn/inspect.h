// What the liver network's filters look like and what they answer on one slice: the paper's figure 8.
#pragma once

#include <cstdint>
#include <vector>

#include "models/feature_maps.h"
#include "models/liver_cnn/network_input.h"
#include "models/state_dict.h"

namespace hepatica {

// "filters": the first layer's weights on the slice itself, batch norm folded in, laid back onto the pixels that the
// sub-sampling took apart; then each layer's pooled answer to slice z of the canvas ("conv1", "conv2", "conv3"), in
// fp32 on `device`.
std::vector<FeatureMaps> inspect_slice(const LiverCnnConfig& config, const StateDict& state, const at::Device& device,
                                       const NetworkInput& input, int64_t z);

}  // namespace hepatica
