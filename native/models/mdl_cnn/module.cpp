#include "models/mdl_cnn/module.h"

#include <ATen/core/grad_mode.h>

#include <string>
#include <utility>

#include "models/resnet101/initial_weights.h"

namespace hepatica {
namespace {

// Most of a liver is no lesion: a network that first says so learns faster.
constexpr double kFirstLesionLogit = -2;
constexpr int64_t kSubPixels = MdlCnnConfig::kCell * MdlCnnConfig::kCell;

void draw_channel(TrainedLayers& layers, const std::string& name, size_t count) {
  for (size_t i = 1; i <= count; ++i) {
    const std::string layer = name + std::to_string(i) + ".conv";
    layers.draw_default(layer);
    layers.draw_he(layer, torch::kFanIn);
  }
}

}  // namespace

MdlCnnImpl::MdlCnnImpl(MdlCnnConfig config) : TrainedLayers(mdl_cnn_layers(config)), config_(std::move(config)) {
  draw_weights(ResNet101{config_.base_stages, "base."}, *this);
  for (int64_t stage = 1; stage <= config_.base_stages; ++stage) draw_default("merge" + std::to_string(stage));
  draw_channel(*this, "location", MdlCnnConfig::kLocationLayers);
  draw_channel(*this, "class", MdlCnnConfig::kClassWidths.size());
  for (const char* head : {"location_head", "class_head"}) draw_default(head);
  for (const char* head : {"location_head", "class_head"}) draw_head(head);
  const at::NoGradGuard no_grad;
  // Pixel shuffle takes class 1's sub-pixels from the second half of the channels.
  weights("location_head").bias.narrow(0, kSubPixels, kSubPixels).fill_(kFirstLesionLogit);
  for (auto& item : base_network().named_parameters()) {
    if (item.key().ends_with(".bn3.weight")) item.value().zero_();
  }
}

MdlOutput MdlCnnImpl::forward(const at::Tensor& region, const at::Tensor& classified, bool elsewhere) {
  return forward_mdl_cnn(*this, config_, region, classified, elsewhere);
}

void MdlCnnImpl::load_state_dict(const StateDict& state, const std::string& file) {
  load_state(*this, state, "this lesion network", file);
}

}  // namespace hepatica
