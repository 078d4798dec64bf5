// ResNet101 (He et al. 2016, "Deep Residual Learning for Image Recognition", table 1) as torchvision builds it, stride
// in the 3x3 convolution of a block, state-dict key for key, so that its published ImageNet weights load.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <string>
#include <vector>

#include "models/state_dict.h"

namespace hepatica {

// 1x1 narrows, 3x3, 1x1 widens by four; the sum with the identity, or with its projection where the shape changes.
class BottleneckImpl : public torch::nn::Module {
 public:
  BottleneckImpl(int64_t in, int64_t width, int64_t stride);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr}, conv3{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr}, bn2{nullptr}, bn3{nullptr};
  torch::nn::Sequential downsample{nullptr};
};
TORCH_MODULE(Bottleneck);

class ResNet101Impl : public torch::nn::Module {
 public:
  static constexpr int64_t kStages = 4;
  // Of the stages' outputs; their strides are 4, 8, 16 and 32.
  static constexpr std::array<int64_t, kStages> kChannels = {256, 512, 1024, 2048};
  // What ImageNet weights were trained with: (value / 255 - mean) / standard deviation, in the order red, green, blue.
  static constexpr std::array<double, 3> kMean = {0.485, 0.456, 0.406};
  static constexpr std::array<double, 3> kStd = {0.229, 0.224, 0.225};

  // Stages beyond `stages` (1 to 4) are not made; `classifier` adds the thousand-class head, which needs all four.
  // torchvision's initialization: He (fan out, ReLU), batch norm one and zero; torch::manual_seed makes it repeatable.
  explicit ResNet101Impl(int64_t stages = kStages, bool classifier = false);

  // x (N, 3, H, W), normalized. Outputs of layer1 ... layerN: (N, kChannels[i], ceil(H / stride), ceil(W / stride)).
  std::vector<at::Tensor> forward_stages(const at::Tensor& x);
  // Logits (N, 1000) of a network with a classifier.
  at::Tensor forward(const at::Tensor& x);

  StateDict state_dict() const;
  // As load_state in models/state_dict.h.
  void load_state_dict(const StateDict& state, const std::string& file = {});

 private:
  torch::nn::Conv2d conv1{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr};
  std::vector<torch::nn::Sequential> layers_;
  torch::nn::Linear fc{nullptr};
};
TORCH_MODULE(ResNet101);

}  // namespace hepatica
