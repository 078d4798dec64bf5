// What a network's filters look like, or what a layer answers to a picture: the paper's figure 8.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace hepatica {

// `count` maps of height x width, one after the other.
struct FeatureMaps {
  std::string name;
  int64_t count = 0;
  int64_t width = 0;
  int64_t height = 0;
  std::vector<float> values;
};

// Of (count, height, width).
FeatureMaps feature_maps(const std::string& name, const at::Tensor& maps);

}  // namespace hepatica
