#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <doctest/doctest.h>
#include <torch/utils.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "../source_folder.h"
#include "core/error.h"
#include "models/layers/folded_layers.h"
#include "models/layers/packed_layers.h"
#include "models/resnet101/initial_weights.h"

using namespace hepatica;
using Json = nlohmann::json;

namespace {

// The formulas of test/fixtures/models/make_goldens.py.
at::Tensor formula(const std::string& key, at::IntArrayRef shape) {
  uint32_t start = 2166136261U;
  for (const char character : key) start = (start ^ static_cast<uint8_t>(character)) * 16777619U;
  at::Tensor values = at::empty(shape, at::kDouble);
  auto* out = values.mutable_data_ptr<double>();
  for (uint32_t i = 0; i < values.numel(); ++i) {
    uint32_t x = i + start;
    x = (x ^ (x >> 16U)) * 0x7FEB352DU;
    x = (x ^ (x >> 15U)) * 0x846CA68BU;
    x ^= x >> 16U;
    out[i] = x / 2147483648.0 - 1;
  }
  return values;
}

at::Tensor weight(const std::string& key, at::IntArrayRef shape) {
  const at::Tensor values = formula(key, shape);
  if (key.ends_with("running_var")) return 1 + 0.3 * values;
  if (key.ends_with("running_mean") || key.ends_with("bias")) return 0.1 * values;
  const bool block_end = key.ends_with("bn3.weight") || key.ends_with("downsample.1.weight");
  if (shape.size() == 1) return (block_end ? 0.5 : 1) + 0.2 * values;
  const auto fan_in = static_cast<double>(values.numel() / shape[0]);
  return std::sqrt((shape.size() == 4 ? 6 : 3) / fan_in) * values;
}

StateDict formula_state(const TrainedLayers& net) {
  StateDict state;
  for (const auto& [key, tensor] : net.state_dict()) {
    state[key] = tensor.is_floating_point() ? weight(key, tensor.sizes()).to(at::kFloat) : at::zeros({}, at::kLong);
  }
  return state;
}

Json golden() {
  std::ifstream file(hepatica::test::in_source_folder("test/fixtures/models/resnet101.json"));
  REQUIRE(file);
  return Json::parse(file);
}

// Relative to the tensor's spread: a value near zero has no meaningful relative error of its own.
void check_equal(const at::Tensor& actual, const Json& expected) {
  CHECK(actual.sizes().vec() == expected["shape"].get<std::vector<int64_t>>());
  const at::Tensor flat = actual.to(at::kDouble).flatten();
  const auto spread = expected["std"].get<double>();
  const auto close = [&](double value, const Json& wanted) {
    CHECK(std::abs(value - wanted.get<double>()) < 1e-4 * spread);
  };
  close(flat.mean().item<double>(), expected["mean"]);
  close(flat.std(false).item<double>(), expected["std"]);
  const int64_t step = std::max<int64_t>(1, flat.numel() / 16);
  const at::Tensor samples = flat.slice(0, 0, flat.numel(), step);
  REQUIRE(expected["samples"].size() == 16);
  for (int64_t i = 0; i < 16; ++i) close(samples[i].item<double>(), expected["samples"][static_cast<size_t>(i)]);
}

}  // namespace

TEST_CASE("ResNet101 equals torchvision's, every stage and the logits") {
  const Json expected = golden();
  TrainedLayers net(resnet101_layers(4, true));
  CHECK(net.state_dict().size() == expected["keys"].get<size_t>());
  load_state(net, formula_state(net), "ResNet101");
  net.eval();
  const at::NoGradGuard no_grad;
  const at::Tensor x = formula("input", {2, 3, 65, 97}).to(at::kFloat);
  check_equal(ResNet101{}.forward(net, x), expected["logits"]);
  const std::vector<at::Tensor> stages = ResNet101{}.forward_stages(net, x);
  REQUIRE(stages.size() == 4);
  for (size_t i = 0; i < 4; ++i) {
    CHECK(stages[i].size(1) == ResNet101::kChannels[i]);
    check_equal(stages[i], expected["stages"][i]);
  }
}

TEST_CASE("ResNet101 folded and packed equals torchvision's too") {
  const Json expected = golden();
  const RecordedLayers layers = resnet101_layers(4, true);
  const StateDict state = formula_state(TrainedLayers(layers));
  check_weights(layers, state, "ResNet101", {});
  const c10::InferenceMode inference_mode;
  const at::Tensor x = formula("input", {2, 3, 65, 97}).to(at::kFloat);
  FoldedLayers folded(layers, state, at::kCPU, at::kFloat);
  check_equal(ResNet101{}.forward(folded, x), expected["logits"]);
  const RecordedLayers two_stages = resnet101_layers(2);
  PackedLayers packed(two_stages, state, at::kFloat);
  check_equal(ResNet101{2}.forward_stages(packed, x).back(), expected["stages"][1]);
}

TEST_CASE("a truncated ResNet101 is the beginning of the whole") {
  const Json expected = golden();
  for (int64_t count = 1; count <= 3; ++count) {
    TrainedLayers net(resnet101_layers(count));
    load_state(net, formula_state(net), "ResNet101");
    net.eval();
    const at::NoGradGuard no_grad;
    const at::Tensor x = formula("input", {2, 3, 65, 97}).to(at::kFloat);
    const std::vector<at::Tensor> stages = ResNet101{count}.forward_stages(net, x);
    REQUIRE(stages.size() == static_cast<size_t>(count));
    check_equal(stages.back(), expected["stages"][static_cast<size_t>(count - 1)]);
    CHECK_FALSE(net.state_dict().contains("layer" + std::to_string(count + 1) + ".0.conv1.weight"));
  }
}

TEST_CASE("every trained value of ResNet101 gets a gradient, in channels-last too") {
  torch::manual_seed(3);
  TrainedLayers net(resnet101_layers(2));
  draw_weights(ResNet101{2}, net);
  const at::Tensor x = at::rand({2, 3, 32, 48}).contiguous(at::MemoryFormat::ChannelsLast);
  ResNet101{2}.forward_stages(net, x).back().square().mean().backward();
  for (const auto& item : net.named_parameters()) {
    REQUIRE_MESSAGE(item.value().grad().defined(), item.key());
    CHECK_MESSAGE(item.value().grad().abs().max().item<float>() > 0, item.key());
  }
}

TEST_CASE("impossible forms of ResNet101 and weights of others are refused") {
  CHECK_THROWS(resnet101_layers(0));
  CHECK_THROWS(resnet101_layers(5));
  CHECK_THROWS(resnet101_layers(2, true));
  TrainedLayers net(resnet101_layers(1));
  StateDict state = net.state_dict();
  state.erase("layer1.2.bn3.bias");
  try {
    load_state(net, state, "ResNet101", "base.safetensors");
    FAIL("loaded");
  } catch (const Error& error) {
    CHECK(error.code == "WRONG_MODEL");
    CHECK(error.file == "base.safetensors");
    CHECK(error.field == "layer1.2.bn3.bias");
  }
}
