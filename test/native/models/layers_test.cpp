#include <ATen/ATen.h>
#include <doctest/doctest.h>
#include <torch/utils.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "models/layers/folded_layers.h"
#include "models/layers/inspected_layers.h"
#include "models/layers/packed_layers.h"
#include "models/layers/trained_layers.h"
#include "platform/cpu_features.h"

using namespace hepatica;

namespace {

// Every kind of layer there is, in two or three dimensions; with one more on demand.
struct Toy {
  size_t axes = 2;
  bool one_more = false;

  std::vector<int64_t> each(int64_t value) const { return std::vector<int64_t>(axes, value); }

  Conv conv(const std::string& name, int64_t in, int64_t out, int64_t kernel) const {
    return {.name = name, .norm = name + "_norm", .in = in, .out = out, .kernel = each(kernel)};
  }

  at::Tensor block(Layers& layers, const at::Tensor& x) const {
    Conv first = conv("block.0.conv1", 16, 16, 3);
    first.activation = Activation::kRelu;
    first.stride = each(2);
    Conv last = conv("block.0.conv2", 16, 32, 3);
    last.activation = Activation::kRelu;
    Conv project = conv("block.0.project", 16, 32, 1);
    project.stride = each(2);
    const at::Tensor residual = layers.conv(project, x);
    return layers.conv_add(last, layers.conv(first, x), residual);
  }

  at::Tensor forward(Layers& layers, const at::Tensor& image) const {
    Conv stem = conv("stem", 3, 16, 5);
    stem.dilation = each(2);
    stem.activation = Activation::kRelu;
    at::Tensor x = layers.max_pool(layers.conv(stem, layers.input(image)), each(3), each(1));
    const std::vector<int64_t> fine = extent(x);
    x = block(layers, x);
    if (one_more) {
      const Conv more = {
          .name = "more", .in = 32, .out = 32, .kernel = each(1), .bias = false, .activation = Activation::kRelu};
      x = layers.conv(more, x);
    }
    x = upsample(layers.max_pool(x, each(3), each(2)), fine);
    const int64_t cells = axes == 2 ? 4 : 8;
    const Conv head = {.name = "head", .in = 32, .out = 2 * cells, .kernel = each(3), .two_classes = true};
    return pixel_shuffle(layers.conv(head, x).to(at::kFloat), each(2));
  }

  std::vector<int64_t> image_shape() const {
    return axes == 2 ? std::vector<int64_t>{2, 3, 18, 26} : std::vector<int64_t>{2, 3, 10, 18, 14};
  }

  RecordedLayers recorded() const {
    return record([&](Layers& layers) { forward(layers, meta_input(image_shape())); });
  }

  // As after a training.
  std::shared_ptr<TrainedLayers> trained() const {
    torch::manual_seed(3);
    auto layers = std::make_shared<TrainedLayers>(recorded());
    for (const auto& [layer, input, adds] : recorded()) layers->draw_default(layer.name);
    const at::NoGradGuard no_grad;
    for (auto& [name, tensor] : layers->state_dict()) {
      at::Tensor values = tensor.detach();
      if (name.ends_with("running_mean")) values.uniform_(-0.1, 0.1);
      if (name.ends_with("running_var")) values.uniform_(0.5, 1.5);
      if (name.ends_with("head.weight")) values.mul_(20);
    }
    layers->eval();
    return layers;
  }
};

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return (a - b).abs().max().item<double>();
}

at::Tensor difference(const at::Tensor& logits) { return logits.narrow(1, 1, 1) - logits.narrow(1, 0, 1); }

std::string refused_tensor(const RecordedLayers& layers, const StateDict& state) {
  try {
    check_weights(layers, state, "this toy", "toy.safetensors");
  } catch (const Error& error) {
    CHECK(error.code == "WRONG_MODEL");
    CHECK(error.file == "toy.safetensors");
    return error.field;
  }
  return "accepted";
}

}  // namespace

TEST_CASE("folded and packed layers compute what the trained ones do, in two and three dimensions") {
  for (const size_t axes : {2, 3}) {
    CAPTURE(axes);
    const Toy toy{axes};
    const auto trained = toy.trained();
    const at::NoGradGuard no_grad;
    const at::Tensor image = at::rand(toy.image_shape());
    const at::Tensor expected = difference(toy.forward(*trained, image));
    REQUIRE(expected.std().item<double>() > 0.1);
    FoldedLayers folded(toy.recorded(), trained->state_dict(), at::kCPU, at::kFloat);
    CHECK(largest_difference(toy.forward(folded, image), expected) < 1e-4);
    PackedLayers packed(toy.recorded(), trained->state_dict(), at::kFloat);
    CHECK(largest_difference(toy.forward(packed, image), expected) < 1e-4);
    if (!cpu_has_bf16()) continue;
    PackedLayers rounded(toy.recorded(), trained->state_dict(), at::kBFloat16);
    const at::Tensor error = toy.forward(rounded, image) - expected;
    CHECK(error.abs().mean().item<double>() < 0.03 * expected.std().item<double>());
  }
}

TEST_CASE("a layer added to a forward pass is recorded, trained, folded, packed and inspected") {
  for (const size_t axes : {2, 3}) {
    const Toy before{axes};
    const Toy after{axes, true};
    REQUIRE(after.recorded().size() == before.recorded().size() + 1);
    const auto trained = after.trained();
    CHECK(trained->state_dict().size() == before.trained()->state_dict().size() + 1);
    const at::NoGradGuard no_grad;
    const at::Tensor image = at::rand(after.image_shape());
    FoldedLayers folded(after.recorded(), trained->state_dict(), at::kCPU, at::kFloat);
    InspectedLayers inspected(folded);
    const at::Tensor answer = after.forward(inspected, image);
    CHECK(largest_difference(answer, difference(after.forward(*trained, image))) < 1e-4);
    PackedLayers packed(after.recorded(), trained->state_dict(), at::kFloat);
    CHECK(largest_difference(after.forward(packed, image), answer) < 1e-4);
    std::vector<std::string> names;
    for (const auto& [name, maps] : inspected.answers()) names.push_back(name);
    CHECK(names == std::vector<std::string>{"stem", "block", "more"});
    CHECK(refused_tensor(before.recorded(), trained->state_dict()) == "more.weight");
    CHECK(refused_tensor(after.recorded(), before.trained()->state_dict()) == "more.weight");
  }
}

TEST_CASE("every trained value of every kind of layer gets a gradient") {
  for (const size_t axes : {2, 3}) {
    const Toy toy{axes};
    const auto trained = toy.trained();
    trained->train();
    toy.forward(*trained, at::rand(toy.image_shape())).square().mean().backward();
    for (const auto& item : trained->named_parameters()) {
      REQUIRE_MESSAGE(item.value().grad().defined(), item.key());
      CHECK_MESSAGE(item.value().grad().abs().max().item<float>() > 0, item.key());
    }
    CHECK(trained->state_dict().at("stem_norm.num_batches_tracked").item<int64_t>() == 1);
  }
}

TEST_CASE("a pool that keeps the size belongs to what an inspection shows of the layer, a smaller one does not") {
  const Conv layer = {
      .name = "inside.layer.conv", .in = 3, .out = 4, .kernel = {3, 3}, .activation = Activation::kRelu};
  at::Tensor pooled;
  const auto forward = [&](Layers& layers, const at::Tensor& x) {
    pooled = layers.max_pool(layers.conv(layer, x), {3, 3}, {1, 1});
    layers.max_pool(pooled, {3, 3}, {2, 2});
  };
  TrainedLayers trained(record([&](Layers& layers) { forward(layers, meta_input({1, 3, 8, 8})); }));
  trained.draw_default(layer.name);
  InspectedLayers inspected(trained, "inside.");
  const at::NoGradGuard no_grad;
  forward(inspected, at::rand({1, 3, 8, 8}));
  REQUIRE(inspected.answers().size() == 1);
  CHECK(inspected.answers()[0].first == "layer");
  CHECK(inspected.answers()[0].second.is_same(pooled));
}

TEST_CASE("weights that do not fit the layers are refused with the tensor's name") {
  const Toy toy;
  const StateDict state = toy.trained()->state_dict();
  CHECK(refused_tensor(toy.recorded(), state) == "accepted");
  const auto with = [&](const std::string& name, const at::Tensor& values) {
    StateDict changed = state;
    changed[name] = values;
    return refused_tensor(toy.recorded(), changed);
  };
  const auto without = [&](const std::string& name) {
    StateDict changed = state;
    changed.erase(name);
    return refused_tensor(toy.recorded(), changed);
  };
  CHECK(without("head.bias") == "head.bias");
  CHECK(without("stem_norm.running_mean") == "stem_norm.running_mean");
  CHECK(without("stem_norm.num_batches_tracked") == "accepted");
  CHECK(with("stem.weight", at::zeros({16, 3, 3, 3})) == "stem.weight");
  CHECK(with("stem.weight", at::full({16, 3, 5, 5}, NAN)) == "stem.weight");
  CHECK(with("stem_norm.running_var", at::full({16}, -1.0)) == "stem_norm.running_var");
  CHECK(with("head.bias", at::zeros({8}, at::kLong)) == "head.bias");
  CHECK(with("another.weight", at::zeros({1})) == "another.weight");
}

TEST_CASE("one name is one layer, and takes what it says it takes") {
  const Conv layer = {.name = "layer", .in = 3, .out = 4, .kernel = {3, 3}};
  CHECK_THROWS(record([&](Layers& layers) {
    layers.conv(layer, meta_input({1, 3, 8, 8}));
    layers.conv(layer, meta_input({1, 3, 8, 8}));
  }));
  CHECK_THROWS(record([&](Layers& layers) { layers.conv(layer, meta_input({1, 4, 8, 8})); }));
  CHECK_THROWS(record([&](Layers& layers) { layers.conv(layer, meta_input({1, 3, 8, 8, 8})); }));
  CHECK_THROWS(record([&](Layers& layers) {
    layers.conv_add(layer, meta_input({1, 3, 8, 8}), meta_input({1, 4, 4, 8}));
  }));
}

TEST_CASE("sub-voxels lie as sub-pixels do, and come back") {
  const at::Tensor x = at::rand({2, 12, 3, 4, 5});
  const std::vector<int64_t> factors = {1, 2, 3};
  const at::Tensor shuffled = pixel_shuffle(x, factors);
  CHECK(shuffled.sizes() == at::IntArrayRef({2, 2, 3, 8, 15}));
  CHECK(at::equal(pixel_unshuffle(shuffled, factors), x));
  // Channel 1's sub-voxel (0, 1, 2) is channel 1 * 6 + 0 * 6 + 1 * 3 + 2.
  CHECK(shuffled[1][1][2][2 * 3 + 1][3 * 4 + 2].item<float>() == x[1][11][2][3][4].item<float>());
  const at::Tensor flat = at::rand({2, 12, 4, 5});
  CHECK(at::equal(pixel_shuffle(flat.unsqueeze(2), {1, 2, 2}).squeeze(2), at::pixel_shuffle(flat, 2)));
}
