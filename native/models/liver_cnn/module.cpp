#include "models/liver_cnn/module.h"

#include <ATen/ops/cat.h>

#include <utility>
#include <vector>

#include "models/liver_cnn/network.h"

namespace hepatica {

// What torch's own modules draw first and the lines behind it replace is drawn still: a seed gives the weights that it
// gave before.
LiverCnnImpl::LiverCnnImpl(LiverCnnConfig config)
    : TrainedLayers(liver_cnn_layers(config)), config_(std::move(config)) {
  for (const char* layer : {"conv1", "conv2", "conv3", "head"}) draw_default(layer);
  for (const char* layer : {"conv1", "conv2", "conv3"}) draw_he(layer, torch::kFanIn);
  draw_head("head");
}

at::Tensor LiverCnnImpl::forward(const at::Tensor& image, const at::Tensor& coordinates) {
  std::vector<at::Tensor> parts = {pixel_unshuffle(image, {config_.subsampling, config_.subsampling})};
  if (!config_.coordinates.empty()) parts.push_back(coordinates);
  return forward_channels(at::cat(parts, 1));
}

at::Tensor LiverCnnImpl::forward_channels(const at::Tensor& channels) {
  return forward_liver_cnn(*this, config_, channels);
}

void LiverCnnImpl::load_state_dict(const StateDict& state, const std::string& file) {
  load_state(*this, state, "this liver network", file);
}

}  // namespace hepatica
