#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "models/encoder3d/inference.h"
#include "models/encoder3d/model.h"
#include "models/encoder3d/network.h"
#include "models/layers/folded_layers.h"
#include "models/layers/packed_layers.h"
#include "models/locator3d/network.h"
#include "models/weights/safetensors.h"
#include "random_weights.h"

using namespace hepatica;

namespace {

// A narrow decoder and locator behind the base's encoder, which is as it is.
Encoder3dConfig small_config() {
  Encoder3dConfig config;
  config.structures = {"background", "liver", "lungs"};
  config.wide = 16;
  config.middle = 16;
  config.fine = 8;
  config.locator.widths = {4, 8, 8, 16};
  return config;
}

struct Input {
  at::Tensor x;
  at::Tensor coordinates;
};

Input random_input(int64_t depth, int64_t height, int64_t width) {
  at::manual_seed(11);
  return {at::rand({1, 1, depth, height, width}), at::rand({1, 2, depth / 4, height / 8, width / 8}) * 3 - 1.5};
}

at::Tensor tiled(const Encoder3d& network, Layers& layers, const Input& input, int64_t tile_slices) {
  const c10::InferenceMode inference_mode;
  std::vector<at::Tensor> tiles;
  network.forward(layers, input.x, input.coordinates, tile_slices,
                  [&](int64_t, const at::Tensor& logits) { tiles.push_back(logits.clone()); });
  return at::cat(tiles, 2);
}

double relative_error(const at::Tensor& value, const at::Tensor& expected) {
  const at::Tensor wanted = expected.to(at::kFloat);
  return ((value.to(at::kFloat) - wanted).norm() / wanted.norm()).item<double>();
}

std::vector<float> values_of(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  const float* const values = dense.const_data_ptr<float>();
  return {values, values + dense.numel()};
}

// A folder with reference.safetensors (inputs and outputs by PyTorch) and reference_weights.safetensors.
std::filesystem::path reference_folder() {
  const char* folder = std::getenv("HEPATICA_TEST_ENCODER3D");
  return folder == nullptr ? std::filesystem::path() : std::filesystem::path(folder);
}

}  // namespace

TEST_CASE("the packed layers compute what ATen's do, in fp32 and nearly in bf16") {
  const Encoder3dConfig config = small_config();
  const StateDict state = random_weights(encoder3d_layers(config));
  const RecordedLayers recorded = encoder3d_layers(config);
  FoldedLayers plain(recorded, state, at::kCPU, at::kFloat);
  PackedLayers packed(recorded, state, at::kFloat);
  PackedLayers packed_bf16(recorded, state, at::kBFloat16);
  const Encoder3d network(config);
  const Input input = random_input(16, 24, 40);
  const c10::InferenceMode inference_mode;
  const at::Tensor expected = network.forward(plain, input.x, input.coordinates);
  CHECK(expected.sizes() == at::IntArrayRef({1, 3, 16, 24, 40}));
  CHECK(relative_error(network.forward(packed, input.x, input.coordinates), expected) < 1e-4);
  CHECK(relative_error(network.forward(packed_bf16, input.x, input.coordinates), expected) < 0.05);

  const Locator3d locator(config.locator);
  const at::Tensor channels = at::rand({1, 3, 16, 24, 8});
  const at::Tensor located = locator.forward(plain, channels);
  CHECK(relative_error(locator.forward(packed, channels), located) < 1e-4);
  CHECK(relative_error(locator.forward(packed_bf16, channels), located) < 0.05);
}

TEST_CASE("tiles of any length give the result of one") {
  const Encoder3dConfig config = small_config();
  const StateDict state = random_weights(encoder3d_layers(config));
  const RecordedLayers recorded = encoder3d_layers(config);
  const Encoder3d network(config);
  const Input input = random_input(24, 16, 24);
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    PackedLayers layers(recorded, state, dtype);
    const at::Tensor whole = tiled(network, layers, input, 24);
    for (const int64_t tile_slices : {2, 6, 8, 22}) {
      const at::Tensor parts = tiled(network, layers, input, tile_slices);
      REQUIRE(parts.sizes() == whole.sizes());
      CHECK((parts.to(at::kFloat) - whole.to(at::kFloat)).abs().max().item<float>() == 0);
    }
  }
}

TEST_CASE("probabilities are the softmax of the logits and the sigmoid of the locator's difference") {
  const Encoder3dConfig config = small_config();
  const StateDict state = random_weights(encoder3d_layers(config));
  const RecordedLayers recorded = encoder3d_layers(config);
  const Encoder3dInference inference(config, std::make_unique<PackedLayers>(recorded, state, at::kFloat));
  FoldedLayers plain(recorded, state, at::kCPU, at::kFloat);
  const c10::InferenceMode inference_mode;
  const Input input = random_input(16, 24, 40);
  const at::Tensor logits = Encoder3d(config).forward(plain, input.x, input.coordinates);
  Run run;
  const std::vector<float> found =
      inference.outline(values_of(input.x), values_of(input.coordinates), {40, 24, 16}, {2, 0}, run).probability;
  const at::Tensor probability = at::softmax(logits, 1);
  const std::vector<float> expected = values_of(at::stack({probability.select(1, 2), probability.select(1, 0)}));
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i) REQUIRE(found[i] == doctest::Approx(expected[i]).epsilon(1e-3));

  run.cancel();
  CHECK_THROWS_AS(inference.outline(values_of(input.x), values_of(input.coordinates), {40, 24, 16}, {2}, run),
                  Cancelled);
}

TEST_CASE("weights that do not fit, and configurations that cannot be, are refused by name") {
  const Encoder3dConfig config = small_config();
  CHECK(Encoder3dConfig::from_json(config.to_json()) == config);
  StateDict state = random_weights(encoder3d_layers(config));
  CHECK(Encoder3dModel(config, "lungs", state).structure_class() == 2);
  CHECK_THROWS_AS(Encoder3dModel(config, "background", state), Error);
  CHECK_THROWS_AS(Encoder3dModel(config, "spleen", state), Error);
  state.erase("locator.narrow2.weight");
  try {
    Encoder3dModel(config, "liver", state);
    FAIL("a tensor is missing");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("locator.narrow2.weight is missing") != std::string::npos);
  }
  // Cells: of files that do not say, those of the training; else lengths in mm that a scan may have.
  const std::string text = config.to_json();
  const auto with_cells = [&](const std::string& value) {
    nlohmann::json object = nlohmann::json::parse(text);
    object["cell_mm"] = nlohmann::json::parse(value);
    return Encoder3dConfig::from_json(object.dump());
  };
  nlohmann::json earlier = nlohmann::json::parse(text);
  earlier.erase("cell_mm");
  CHECK(Encoder3dConfig::from_json(earlier.dump()).cell_mm == Vec3{1.5, 1.5, 3});
  CHECK(with_cells("[1.5, 1.4, 2.75]").cell_mm == Vec3{1.5, 1.4, 2.75});
  for (const char* const wrong : {"[1.5, 1.5]", "[1.5, 1.5, 0]", "[1.5, 1.5, 11]", "[1.5, 1.5, \"3\"]", "3"}) {
    CHECK_THROWS_AS(with_cells(wrong), Error);
  }
  for (const char* const wrong :
       {R"({})", R"({"structures":["liver"],"wide":96,"middle":64,"fine":32,"threshold":0.5,"locator":{}})",
        R"({"structures":["a","a"],"wide":96,"middle":64,"fine":32,"threshold":0.5,"locator":{}})", "[]"}) {
    CHECK_THROWS_AS(Encoder3dConfig::from_json(wrong), Error);
  }
}

TEST_CASE("PyTorch's results") {
  const std::filesystem::path folder = reference_folder();
  if (folder.empty()) {
    MESSAGE("skipped: HEPATICA_TEST_ENCODER3D names no folder");
    return;
  }
  const Encoder3dConfig config;
  const StateDict state = SafetensorsFile((folder / "reference_weights.safetensors").string()).tensors();
  const StateDict reference = SafetensorsFile((folder / "reference.safetensors").string()).tensors();
  const RecordedLayers recorded = encoder3d_layers(config);
  const c10::InferenceMode inference_mode;
  const at::Tensor located = reference.at("locator_logits").select(1, 1).unsqueeze(1) -
                             reference.at("locator_logits").select(1, 0).unsqueeze(1);
  for (const auto& [dtype, limit] : {std::pair{at::kFloat, 1e-4}, std::pair{at::kBFloat16, 0.05}}) {
    PackedLayers layers(recorded, state, dtype);
    const at::Tensor logits =
        Encoder3d(config).forward(layers, reference.at("fine_input"), reference.at("coordinates"));
    const double error = relative_error(logits, reference.at("fine_logits"));
    const double locator_error =
        relative_error(Locator3d(config.locator).forward(layers, reference.at("locator_input")), located);
    MESSAGE("relative error ", error, " of the fine network, ", locator_error, " of the locator");
    CHECK(error < limit);
    CHECK(locator_error < limit);
  }
}
