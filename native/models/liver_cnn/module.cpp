#include "models/liver_cnn/module.h"

#include <torch/nn/functional/upsampling.h>
#include <torch/nn/init.h>

#include <vector>

namespace hepatica {
namespace {

torch::nn::Conv2d same_size_conv(int64_t in, int64_t out, int64_t kernel, int64_t dilation, bool bias) {
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in, out, kernel).padding(dilation * (kernel / 2)).dilation(dilation).bias(bias));
}

at::Tensor pool(const at::Tensor& x) { return at::max_pool2d(x, {3, 3}, {1, 1}, {1, 1}); }

}  // namespace

LiverCnnImpl::LiverCnnImpl(LiverCnnConfig config) : config_(std::move(config)) {
  const auto& widths = LiverCnnConfig::kWidths;
  const auto layer = [&](size_t i, int64_t in) {
    return same_size_conv(in, widths[i], config_.kernels[i], config_.dilations[i], false);
  };
  conv1 = register_module("conv1", layer(0, config_.input_channels()));
  bn1 = register_module("bn1", torch::nn::BatchNorm2d(widths[0]));
  conv2 = register_module("conv2", layer(1, widths[0]));
  bn2 = register_module("bn2", torch::nn::BatchNorm2d(widths[1]));
  conv3 = register_module("conv3", layer(2, widths[1]));
  bn3 = register_module("bn3", torch::nn::BatchNorm2d(widths[2]));
  head = register_module("head", same_size_conv(config_.head_input_channels(), config_.head_output_channels(),
                                                config_.head_kernel, 1, true));
  for (const auto& conv : {conv1, conv2, conv3}) {
    torch::nn::init::kaiming_normal_(conv->weight, 0, torch::kFanIn, torch::kReLU);
  }
  torch::nn::init::normal_(head->weight, 0, 0.01);
  torch::nn::init::zeros_(head->bias);
}

at::Tensor LiverCnnImpl::forward(const at::Tensor& image, const at::Tensor& coordinates) {
  std::vector<at::Tensor> parts = {at::pixel_unshuffle(image, config_.subsampling)};
  if (!config_.coordinates.empty()) parts.push_back(coordinates);
  return forward_channels(at::cat(parts, 1).contiguous(at::MemoryFormat::ChannelsLast));
}

at::Tensor LiverCnnImpl::forward_channels(const at::Tensor& channels) {
  const at::Tensor first = pool(at::relu(bn1(conv1(channels))));
  const at::Tensor second = pool(at::relu(bn2(conv2(first))));
  const at::Tensor third = pool(at::relu(bn3(conv3(second))));
  at::Tensor features = third;
  if (config_.skip == SkipKind::kAllLayers) features = at::cat({first, second, third}, 1);
  if (config_.skip == SkipKind::kInput) features = at::cat({third, channels.to(third.scalar_type())}, 1);
  const at::Tensor dense = head(features);
  if (config_.head == HeadKind::kSubpixel) return at::pixel_shuffle(dense, config_.subsampling).to(at::kFloat);
  const auto scale = static_cast<double>(config_.subsampling);
  namespace F = torch::nn::functional;
  return F::interpolate(dense.to(at::kFloat), F::InterpolateFuncOptions()
                                                  .scale_factor(std::vector<double>{scale, scale})
                                                  .mode(torch::kBilinear)
                                                  .align_corners(false));
}

StateDict LiverCnnImpl::state_dict() const { return state_of(*this); }

void LiverCnnImpl::load_state_dict(const StateDict& state, const std::string& file) {
  load_state(*this, state, "this liver network", file);
}

}  // namespace hepatica
