// Each network has one forward pass: what runs on one kind of layers runs on all of them, layer by layer.
#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <doctest/doctest.h>
#include <torch/utils.h>

#include <functional>
#include <string>
#include <vector>

#include "models/layers/folded_layers.h"
#include "models/layers/packed_layers.h"
#include "models/liver_cnn/module.h"
#include "models/liver_cnn/network.h"
#include "models/mdl_cnn/module.h"
#include "models/mdl_cnn/network.h"

using namespace hepatica;

namespace {

struct Network {
  std::string name;
  RecordedLayers layers;
  StateDict state;
  std::vector<int64_t> input;
  std::function<at::Tensor(Layers&, const at::Tensor&)> forward;
  std::shared_ptr<TrainedLayers> trained;
};

// Says which layers were asked for, in order.
class CountedLayers : public Layers {
 public:
  explicit CountedLayers(Layers& layers) : layers_(layers) {}

  at::Tensor input(const at::Tensor& x) override { return layers_.input(x); }
  at::Tensor conv(const Conv& layer, const at::Tensor& x) override {
    asked.push_back(layer);
    return layers_.conv(layer, x);
  }
  at::Tensor conv_add(const Conv& layer, const at::Tensor& x, const at::Tensor& residual) override {
    asked.push_back(layer);
    return layers_.conv_add(layer, x, residual);
  }
  at::Tensor max_pool(const at::Tensor& x, at::IntArrayRef window, at::IntArrayRef stride) override {
    return layers_.max_pool(x, window, stride);
  }

  std::vector<Conv> asked;

 private:
  Layers& layers_;
};

// Running statistics and heads as after a training.
StateDict trained_looking(TrainedLayers& layers) {
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : layers.state_dict()) {
    at::Tensor values = tensor.detach();
    if (name.ends_with("running_mean")) values.uniform_(-0.1, 0.1);
    if (name.ends_with("running_var")) values.uniform_(0.5, 1.5);
    if (name.find("head.weight") != std::string::npos) values.mul_(30);
    if (name.ends_with(".bn3.weight")) values.fill_(0.5);
  }
  layers.eval();
  return layers.state_dict();
}

Network liver_network(SkipKind skip, HeadKind head) {
  LiverCnnConfig config;
  config.skip = skip;
  config.head = head;
  LiverCnn net(config);
  return {"liver",
          liver_cnn_layers(config),
          trained_looking(*net),
          {2, config.input_channels(), 13, 18},
          [config](Layers& layers, const at::Tensor& x) { return forward_liver_cnn(layers, config, x); },
          net.ptr()};
}

Network lesion_network(int64_t stages) {
  MdlCnnConfig config;
  config.base_stages = stages;
  config.location_width = 16;
  MdlCnn net(config);
  // Location and classes side by side.
  const auto forward = [config](Layers& layers, const at::Tensor& x) {
    const MdlOutput output = forward_mdl_cnn(layers, config, x);
    const at::Tensor& lesion = output.location;
    const at::Tensor difference = lesion.size(1) == 1 ? lesion : lesion.narrow(1, 1, 1) - lesion.narrow(1, 0, 1);
    return at::cat({difference, output.classes}, 1);
  };
  return {"lesions", mdl_cnn_layers(config), trained_looking(*net), {2, config.input_planes(), 32, 48}, forward,
          net.ptr()};
}

std::vector<Network> networks() {
  torch::manual_seed(5);
  return {liver_network(SkipKind::kAllLayers, HeadKind::kSubpixel),
          liver_network(SkipKind::kInput, HeadKind::kBilinear), lesion_network(1), lesion_network(3)};
}

at::Tensor difference_of_two(const at::Tensor& logits) {
  return logits.size(1) == 2 ? logits.narrow(1, 1, 1) - logits.narrow(1, 0, 1) : logits;
}

}  // namespace

TEST_CASE("a network asks each kind of layers for the same layers, and they are all of its weights") {
  for (const Network& network : networks()) {
    CAPTURE(network.name);
    const c10::InferenceMode inference_mode;
    FoldedLayers folded(network.layers, network.state, at::kCPU, at::kFloat);
    PackedLayers packed(network.layers, network.state, at::kFloat);
    const at::Tensor x = at::rand(network.input);
    std::vector<Conv> recorded;
    for (const RecordedConv& layer : network.layers) recorded.push_back(layer.layer);
    const std::vector<Layers*> kinds = {network.trained.get(), &folded, &packed};
    for (Layers* const kind : kinds) {
      CountedLayers counted(*kind);
      network.forward(counted, x);
      CHECK((counted.asked == recorded));
    }
    CHECK(state_shapes(network.layers).size() == network.state.size());
    for (const auto& [name, shape] : state_shapes(network.layers)) {
      REQUIRE_MESSAGE(network.state.contains(name), name);
      CHECK_MESSAGE(network.state.at(name).sizes() == at::IntArrayRef(shape), name);
    }
  }
}

TEST_CASE("a network computes the same on trained, folded and packed layers") {
  for (const Network& network : networks()) {
    CAPTURE(network.name);
    const c10::InferenceMode inference_mode;
    const at::Tensor x = at::rand(network.input);
    const at::Tensor expected = difference_of_two(network.forward(*network.trained, x));
    REQUIRE(expected.std().item<double>() > 0.02);
    FoldedLayers folded(network.layers, network.state, at::kCPU, at::kFloat);
    PackedLayers packed(network.layers, network.state, at::kFloat);
    const double tolerance = 1e-4 * expected.abs().max().item<double>();
    CHECK((network.forward(folded, x) - expected).abs().max().item<double>() < tolerance);
    CHECK((network.forward(packed, x) - expected).abs().max().item<double>() < tolerance);
  }
}

TEST_CASE("the default liver network computes what docs/experiments.md counts on a canvas of 144 x 192 pixels") {
  double multiply_adds = 0;
  for (const RecordedConv& layer : liver_cnn_layers({}, 1, 48, 64)) {
    double values = 1;
    for (const int64_t size : layer.layer.weight_shape()) values *= static_cast<double>(size);
    multiply_adds += layer.positions() * values;
  }
  CHECK(2 * multiply_adds == doctest::Approx(3.76e9).epsilon(0.002));
}
