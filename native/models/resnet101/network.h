// ResNet101 (He et al. 2016, "Deep Residual Learning for Image Recognition", table 1) as torchvision builds it, stride
// in the 3x3 convolution of a block, state-dict key for key, so that its published ImageNet weights load.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/layers/layers.h"
#include "models/layers/recorded_layers.h"

namespace hepatica {

struct ResNet101 {
  // Of weights files, metadata "kind".
  static constexpr const char* kKind = "resnet101";
  static constexpr int64_t kStages = 4;
  static constexpr std::array<int64_t, kStages> kBlocks = {3, 4, 23, 3};
  // Of the stages' outputs; their strides are 4, 8, 16 and 32.
  static constexpr std::array<int64_t, kStages> kChannels = {256, 512, 1024, 2048};
  // What ImageNet weights were trained with: (value / 255 - mean) / standard deviation, in the order red, green, blue.
  static constexpr std::array<double, 3> kMean = {0.485, 0.456, 0.406};
  static constexpr std::array<double, 3> kStd = {0.229, 0.224, 0.225};

  // Stages beyond it are not made: 1 to 4.
  int64_t stages = kStages;
  // Of the layers' names: "base." where it is the base of another network.
  std::string prefix = {};

  // x: (N, 3, H, W), normalized. Outputs of layer1 ... layerN: (N, kChannels[i], ceil(H / stride), ceil(W / stride)).
  std::vector<at::Tensor> forward_stages(Layers& layers, const at::Tensor& x) const;
  // Logits (N, 1000) of the network with its classifier, which needs all stages.
  at::Tensor forward(Layers& layers, const at::Tensor& x) const;
};

// Of the stages alone, or of the whole network with its classifier.
RecordedLayers resnet101_layers(int64_t stages, bool classifier = false);

}  // namespace hepatica
