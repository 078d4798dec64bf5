#include "models/mdl_cnn/module.h"

#include <torch/nn/init.h>

#include <string>
#include <utility>

#include "models/mdl_cnn/normalization.h"

namespace hepatica {
namespace {

// Most of a liver is no lesion: a network that first says so learns faster.
constexpr double kFirstLesionLogit = -2;

torch::nn::Conv2d convolution(int64_t in, int64_t out, int64_t kernel, bool bias) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).padding(kernel / 2).bias(bias));
}

at::Tensor enlarge(const at::Tensor& x, int64_t rows, int64_t columns) {
  if (x.size(2) == rows && x.size(3) == columns) return x;
  return at::upsample_bilinear2d(x, {rows, columns}, false);
}

at::Tensor channels_last(const at::Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

at::Tensor cells_of(const at::Tensor& planes) {
  return channels_last(at::pixel_unshuffle(planes, MdlCnnConfig::kCell));
}

}  // namespace

ConvBnReluImpl::ConvBnReluImpl(int64_t in, int64_t out) {
  conv = register_module("conv", convolution(in, out, 3, false));
  bn = register_module("bn", torch::nn::BatchNorm2d(out));
  torch::nn::init::kaiming_normal_(conv->weight, 0, torch::kFanIn, torch::kReLU);
}

at::Tensor ConvBnReluImpl::forward(const at::Tensor& x) { return at::relu(bn(conv(x))); }

MdlCnnImpl::MdlCnnImpl(MdlCnnConfig config) : config_(std::move(config)) {
  const int64_t region_channels = config_.input_planes() * MdlCnnConfig::kCell * MdlCnnConfig::kCell;
  const int64_t width = config_.location_width;
  base = register_module("base", ResNet101(config_.base_stages));
  for (int64_t stage = 0; stage < config_.base_stages; ++stage) {
    const std::string name = "merge" + std::to_string(stage + 1);
    merge_.push_back(register_module(name, convolution(ResNet101Impl::kChannels[stage], width, 1, true)));
  }
  for (int64_t layer = 0; layer < MdlCnnConfig::kLocationLayers; ++layer) {
    const std::string name = "location" + std::to_string(layer + 1);
    location_.push_back(register_module(name, ConvBnRelu(layer == 0 ? width + region_channels : width, width)));
  }
  int64_t in = region_channels;
  for (size_t layer = 0; layer < MdlCnnConfig::kClassWidths.size(); ++layer) {
    const int64_t out = MdlCnnConfig::kClassWidths[layer];
    class_.push_back(register_module("class" + std::to_string(layer + 1), ConvBnRelu(in, out)));
    in = out;
  }
  location_head =
      register_module("location_head", convolution(width, 2 * MdlCnnConfig::kCell * MdlCnnConfig::kCell, 3, true));
  class_head = register_module("class_head", convolution(in + width, kLesionTypes, 1, true));
  for (const auto& head : {location_head, class_head}) {
    torch::nn::init::normal_(head->weight, 0, 0.01);
    torch::nn::init::zeros_(head->bias);
  }
  const at::NoGradGuard no_grad;
  // Pixel shuffle takes class 1's sub-pixels from the second half of the channels.
  location_head->bias.narrow(0, MdlCnnConfig::kCell * MdlCnnConfig::kCell, MdlCnnConfig::kCell * MdlCnnConfig::kCell)
      .fill_(kFirstLesionLogit);
  for (auto& item : base->named_parameters()) {
    if (item.key().ends_with(".bn3.weight")) item.value().zero_();
  }
}

std::vector<at::Tensor> MdlCnnImpl::base_features(const at::Tensor& region) {
  const auto contexts = static_cast<int64_t>(config_.context_mm.size());
  const at::Tensor picture = region.narrow(1, 0, contexts).expand({-1, 3, -1, -1});
  return base->forward_stages(channels_last(imagenet_normalized(picture)));
}

at::Tensor MdlCnnImpl::location_features(const at::Tensor& region, const at::Tensor& cells) {
  const std::vector<at::Tensor> features = base_features(region);
  at::Tensor merged = merge_[0](features[0]);
  for (size_t stage = 1; stage < merge_.size(); ++stage) {
    merged = merged + enlarge(merge_[stage](features[stage]), cells.size(2), cells.size(3));
  }
  at::Tensor location = at::cat({merged, cells.to(merged.scalar_type())}, 1);
  for (ConvBnRelu& layer : location_) location = layer(location);
  return location;
}

at::Tensor MdlCnnImpl::class_logits(at::Tensor cells, const at::Tensor& location) {
  const int64_t rows = cells.size(2) * MdlCnnConfig::kCell;
  const int64_t columns = cells.size(3) * MdlCnnConfig::kCell;
  for (ConvBnRelu& layer : class_) cells = layer(cells);
  return enlarge(class_head(at::cat({cells, location}, 1)).to(at::kFloat), rows, columns);
}

MdlOutput MdlCnnImpl::forward(const at::Tensor& region) { return forward(region, at::arange(region.size(0))); }

MdlOutput MdlCnnImpl::forward(const at::Tensor& region, const at::Tensor& classified) {
  const at::Tensor location = location_features(region, cells_of(region));
  MdlOutput output;
  output.location = at::pixel_shuffle(location_head(location), MdlCnnConfig::kCell).to(at::kFloat);
  if (classified.numel() > 0) {
    const bool all = classified.numel() == region.size(0);
    const auto some = [&](const at::Tensor& whole) { return all ? whole : whole.index_select(0, classified); };
    output.classes = class_logits(cells_of(class_normalized(some(region), config_)), channels_last(some(location)));
  }
  return output;
}

StateDict MdlCnnImpl::state_dict() const { return state_of(*this); }

void MdlCnnImpl::load_state_dict(const StateDict& state, const std::string& file) {
  load_state(*this, state, "this lesion network", file);
}

}  // namespace hepatica
