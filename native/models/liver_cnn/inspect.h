// What the liver network's filters look like and what they answer on one slice: the paper's figure 8.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/liver_cnn/network_input.h"
#include "models/state_dict.h"

namespace hepatica {

// `count` maps of height x width, one after the other.
struct FeatureMaps {
  std::string name;
  int64_t count = 0;
  int64_t width = 0;
  int64_t height = 0;
  std::vector<float> values;
};

// "filters": the first layer's weights on the slice itself, batch norm folded in, laid back onto the pixels that the
// sub-sampling took apart; then "conv1", "conv2" and "conv3": each layer's pooled answer to slice z of the canvas, in
// the first pass (no prior), in fp32.
std::vector<FeatureMaps> inspect_slice(const LiverCnnConfig& config, const StateDict& state, const NetworkInput& input,
                                       int64_t z);

}  // namespace hepatica
