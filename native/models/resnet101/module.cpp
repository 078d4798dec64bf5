#include "models/resnet101/module.h"

#include <torch/nn/init.h>

namespace hepatica {
namespace {

constexpr int64_t kExpansion = 4;
constexpr std::array<int64_t, ResNet101Impl::kStages> kBlocks = {3, 4, 23, 3};

torch::nn::Conv2d conv(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

torch::nn::Sequential stage(size_t index, int64_t in) {
  const int64_t out = ResNet101Impl::kChannels[index];
  torch::nn::Sequential blocks;
  blocks->push_back(Bottleneck(in, out / kExpansion, index == 0 ? 1 : 2));
  for (int64_t i = 1; i < kBlocks[index]; ++i) blocks->push_back(Bottleneck(out, out / kExpansion, 1));
  return blocks;
}

}  // namespace

BottleneckImpl::BottleneckImpl(int64_t in, int64_t width, int64_t stride) {
  const int64_t out = width * kExpansion;
  conv1 = register_module("conv1", conv(in, width, 1, 1));
  bn1 = register_module("bn1", torch::nn::BatchNorm2d(width));
  conv2 = register_module("conv2", conv(width, width, 3, stride));
  bn2 = register_module("bn2", torch::nn::BatchNorm2d(width));
  conv3 = register_module("conv3", conv(width, out, 1, 1));
  bn3 = register_module("bn3", torch::nn::BatchNorm2d(out));
  if (stride == 1 && in == out) return;
  downsample =
      register_module("downsample", torch::nn::Sequential(conv(in, out, 1, stride), torch::nn::BatchNorm2d(out)));
}

at::Tensor BottleneckImpl::forward(const at::Tensor& x) {
  const at::Tensor narrowed = at::relu(bn1(conv1(x)));
  const at::Tensor widened = bn3(conv3(at::relu(bn2(conv2(narrowed)))));
  return at::relu(widened + (downsample.is_empty() ? x : downsample->forward(x)));
}

ResNet101Impl::ResNet101Impl(int64_t stages, bool classifier) {
  TORCH_CHECK(stages >= 1 && stages <= kStages, "ResNet101 has 1 to 4 stages, not ", stages);
  TORCH_CHECK(!classifier || stages == kStages, "the classifier of ResNet101 needs all four stages");
  conv1 =
      register_module("conv1", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 64, 7).stride(2).padding(3).bias(false)));
  bn1 = register_module("bn1", torch::nn::BatchNorm2d(64));
  for (size_t i = 0; i < static_cast<size_t>(stages); ++i) {
    layers_.push_back(register_module("layer" + std::to_string(i + 1), stage(i, i == 0 ? 64 : kChannels[i - 1])));
  }
  if (classifier) fc = register_module("fc", torch::nn::Linear(kChannels.back(), 1000));
  for (const auto& module : modules(false)) {
    if (const auto* layer = module->as<torch::nn::Conv2d>()) {
      torch::nn::init::kaiming_normal_(layer->weight, 0, torch::kFanOut, torch::kReLU);
    }
  }
}

std::vector<at::Tensor> ResNet101Impl::forward_stages(const at::Tensor& x) {
  at::Tensor features = at::max_pool2d(at::relu(bn1(conv1(x))), {3, 3}, {2, 2}, {1, 1});
  std::vector<at::Tensor> outputs;
  for (auto& layer : layers_) {
    features = layer->forward(features);
    outputs.push_back(features);
  }
  return outputs;
}

at::Tensor ResNet101Impl::forward(const at::Tensor& x) {
  TORCH_CHECK(!fc.is_empty(), "this ResNet101 has no classifier");
  return fc(at::adaptive_avg_pool2d(forward_stages(x).back(), {1, 1}).flatten(1));
}

StateDict ResNet101Impl::state_dict() const { return state_of(*this); }

void ResNet101Impl::load_state_dict(const StateDict& state, const std::string& file) {
  load_state(*this, state, "ResNet101", file);
}

}  // namespace hepatica
