#include "check/network_list.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <torch/utils.h>

#include <memory>
#include <utility>

#include "check/cases.h"
#include "models/encoder3d/inference.h"
#include "models/encoder3d/network.h"
#include "models/layers/folded_layers.h"
#include "models/layers/trained_layers.h"
#include "models/lesion3d/inference.h"
#include "models/lesion3d/network.h"
#include "models/liver_cnn/network.h"
#include "models/locator3d/network.h"
#include "models/mdl_cnn/network.h"
#include "models/resnet101/network.h"

namespace hepatica::check {
namespace {

// A planted error: one per cent of one layer's weights.
constexpr double kPlantedFactor = 1.01;

// Statistics and heads as after a training.
StateDict trained_looking(const RecordedLayers& layers) {
  torch::manual_seed(11);
  TrainedLayers trained(layers);
  const at::NoGradGuard no_grad;
  for (const RecordedConv& layer : layers) trained.draw_he(layer.layer.name, torch::kFanIn);
  for (auto& [name, tensor] : trained.state_dict()) {
    at::Tensor values = tensor.detach();
    if (name.ends_with("running_mean")) values.uniform_(-0.1, 0.1);
    if (name.ends_with("running_var")) values.uniform_(0.5, 1.5);
    if (name.ends_with("bn3.weight")) values.fill_(0.2);
    if (name.ends_with("bias")) values.uniform_(-0.1, 0.1);
    if (name.find("head") != std::string::npos) values.mul_(0.3);
  }
  return trained.state_dict();
}

NetworkCase liver_network(const Target& target) {
  const LiverCase data = make_liver_case(target);
  const LiverCnnConfig config = data.model->config();
  return {"liver network", liver_cnn_layers(config), data.model->state(), data.channels,
          [=](Layers& layers, const at::Tensor& channels) -> StateDict {
            return {{"liver", at::sigmoid(forward_liver_cnn(layers, config, channels))}};
          }};
}

NetworkCase lesion_network(const Target& target) {
  const RegionCase data = make_region_case(target);
  const MdlCnnConfig config = data.config;
  const RecordedLayers layers = mdl_cnn_layers(config);
  return {"lesion network", layers, trained_looking(layers), data.batch.region,
          [=](Layers& given, const at::Tensor& region) -> StateDict {
            const MdlOutput output = forward_mdl_cnn(given, config, region);
            return {{"lesion", at::sigmoid(output.location)}, {"type", at::softmax(output.classes, 1)}};
          }};
}

NetworkCase base_network(const Target& target) {
  torch::manual_seed(12);
  const int64_t side = target.quick ? 64 : 224;
  const RecordedLayers layers = resnet101_layers(ResNet101::kStages);
  return {"ResNet101", layers, trained_looking(layers), at::rand({target.quick ? 1 : 8, 3, side, side}),
          [](Layers& given, const at::Tensor& picture) -> StateDict {
            return {{"features", ResNet101{}.forward_stages(given, picture).back()}};
          }};
}

// Locator and fine network, which have one file's weights.
NetworkCase volume_network(const Target& target) {
  torch::manual_seed(13);
  const Encoder3dConfig config;
  const at::Tensor values = target.quick ? at::rand({1, 1, 8, 16, 24}) : at::rand({1, 1, 72, 152, 176});
  const at::Tensor coordinates = at::rand(context_shape(values)) * 2 - 1;
  const at::Tensor coarse = target.quick ? at::rand({1, 3, 8, 8, 16}) : at::rand({1, 3, 64, 72, 72});
  const RecordedLayers layers = encoder3d_layers(config);
  return {"3-D network", layers, trained_looking(layers), values,
          [=](Layers& given, const at::Tensor& input) -> StateDict {
            return {{"place", at::sigmoid(Locator3d(config.locator).forward(given, coarse).to(at::kFloat))},
                    {"structure", at::softmax(Encoder3d(config).forward(given, input, coordinates).to(at::kFloat), 1)}};
          }};
}

NetworkCase lesion_volume_network(const Target& target) {
  torch::manual_seed(14);
  const Lesion3dConfig config;
  const at::Tensor values = target.quick ? at::rand({1, 1, 8, 16, 24}) : at::rand({1, 1, 72, 152, 176});
  const at::Tensor relative = at::randn(values.sizes()).clamp(-4, 4);
  const at::Tensor mask = at::rand(values.sizes()).gt(0.4).to(at::kFloat);
  const RecordedLayers layers = lesion3d_layers(config);
  return {"3-D lesion network", layers, trained_looking(layers), values,
          [=](Layers& given, const at::Tensor& input) -> StateDict {
            const Lesion3dInput seen{input, relative.to(input.device()), mask.to(input.device())};
            return {{"lesion", at::sigmoid(Lesion3d(config).forward(given, seen).to(at::kFloat))}};
          }};
}

}  // namespace

std::vector<int64_t> context_shape(const at::Tensor& values) {
  const Size3& cell = Encoder3dConfig::kContextCells;
  return {values.size(0), 2, values.size(2) / cell[2], values.size(3) / cell[1], values.size(4) / cell[0]};
}

std::vector<NetworkCase> list_networks(const Target& target) {
  return {liver_network(target), lesion_network(target), base_network(target), volume_network(target),
          lesion_volume_network(target)};
}

StateDict lesion_weights() { return trained_looking(mdl_cnn_layers(MdlCnnConfig{})); }

std::unique_ptr<Layers> device_layers(const NetworkCase& network, const Target& target, at::ScalarType dtype) {
  StateDict state = network.state;
  if (target.plants(network.name)) {
    at::Tensor& weight = state.at(network.layers[network.layers.size() / 2].layer.name + ".weight");
    weight = weight * kPlantedFactor;
  }
  return std::make_unique<FoldedLayers>(network.layers, state, target.device, dtype);
}

}  // namespace hepatica::check
