#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "models/encoder3d/encoder.h"
#include "models/layers/folded_layers.h"
#include "models/layers/packed_layers.h"
#include "models/lesion3d/inference.h"
#include "models/lesion3d/network.h"
#include "models/lesion_model.h"
#include "models/mdl_cnn/module.h"
#include "models/weights/safetensors.h"
#include "random_weights.h"

using namespace hepatica;

namespace {

// A narrow decoder behind the base's encoder, which is as it is.
Lesion3dConfig small_config() {
  Lesion3dConfig config;
  config.wide = 16;
  config.middle = 12;
  config.fine = 8;
  config.share = 0.25;
  return config;
}

Lesion3dInput random_input(int64_t depth, int64_t height, int64_t width) {
  at::manual_seed(11);
  const std::vector<int64_t> shape = {1, 1, depth, height, width};
  // A mask of pieces, so that cells are in part inside.
  const at::Tensor coarse = at::rand({1, 1, depth / 4, height / 8, width / 8});
  const at::Tensor mask = at::upsample_trilinear3d(coarse, {depth, height, width}, false) > 0.5;
  return {at::rand(shape), at::randn(shape).clamp(-4, 4), mask.to(at::kFloat)};
}

// The network as scripts/lesions3d/lesion_network.py has it, by ATen's operators on the state dict's tensors.
class Naive {
 public:
  explicit Naive(const StateDict& state) : state_(state) {}

  at::Tensor logits(const Lesion3dInput& input) const {
    const auto [c1, l1, l2] = features(input.values);
    const auto [fine, middle, coarse] = extras(input.relative, input.mask);
    const at::Tensor x2 = conv("mix2", at::cat({conv("reduce2", l2), coarse}, 1));
    const at::Tensor pooled = at::max_pool3d(x2, 2, 2, 0, 1, true);
    at::Tensor x = conv("up2", up(conv("down3b", conv("down3a", pooled)), x2) + x2);
    x = conv("up1", at::cat({up(x, l1) + conv("lateral1", l1), middle}, 1));
    x = up(at::conv3d(x, of("decoder.narrow.weight")), c1) + conv("lateral0", c1) + conv("beside0", fine);
    x = at::conv3d(conv("up0b", conv("up0a", x)), of("decoder.head.weight"), of("decoder.head.bias"), 1, 1);
    const int64_t d = x.size(2), h = x.size(3), w = x.size(4);
    return x.view({1, 2, 2, d, h, w}).permute({0, 3, 4, 1, 5, 2}).reshape({1, 1, d, 2 * h, 2 * w});
  }

  struct Levels {
    at::Tensor fine, middle, coarse;
  };
  static Levels extras(const at::Tensor& relative, const at::Tensor& mask) {
    const at::Tensor inside = at::avg_pool3d(mask, {1, 2, 2});
    const at::Tensor grey = at::avg_pool3d(relative * mask, {1, 2, 2});
    const at::Tensor near = box_mean(inside, 5), far = box_mean(inside, 11);
    const at::Tensor smooth = at::avg_pool3d(grey, 3, 1, 1) / at::avg_pool3d(inside, 3, 1, 1).clamp_min(0.1);
    std::vector<at::Tensor> fine;
    for (const at::Tensor& volume : {relative, mask}) {
      for (const int64_t i : {0, 1}) {
        for (const int64_t j : {0, 1}) fine.push_back(volume.slice(3, i, {}, 2).slice(4, j, {}, 2));
      }
    }
    for (const at::Tensor& around : {smooth, near, far}) fine.push_back(around);
    const auto level = [&](int64_t size) {
      const at::Tensor share = at::avg_pool3d(inside, size);
      return at::cat({at::avg_pool3d(grey, size) / share.clamp_min(0.1), share, at::avg_pool3d(far, size)}, 1);
    };
    return {at::cat(fine, 1), level(2), level(4)};
  }

 private:
  struct Features {
    at::Tensor c1, l1, l2;
  };

  // Cell by cell: the mean of the cells that there are.
  static at::Tensor box_mean(const at::Tensor& volume, int64_t cells) {
    at::Tensor result = at::empty_like(volume);
    const int64_t reach = cells / 2;
    const auto range = [&](const at::Tensor& of, int64_t axis, int64_t centre) {
      const int64_t begin = std::max<int64_t>(0, centre - reach);
      return of.slice(axis, begin, std::min(of.size(axis), centre + reach + 1));
    };
    for (int64_t z = 0; z < volume.size(2); ++z) {
      for (int64_t y = 0; y < volume.size(3); ++y) {
        for (int64_t x = 0; x < volume.size(4); ++x) {
          result[0][0][z][y][x] = range(range(range(volume, 2, z), 3, y), 4, x).mean();
        }
      }
    }
    return result;
  }

  static at::Tensor up(const at::Tensor& x, const at::Tensor& like) {
    return at::upsample_trilinear3d(x, like.sizes().slice(2), false);
  }

  at::Tensor of(const std::string& name) const { return state_.at("location3d." + name); }

  at::Tensor conv(const std::string& name, const at::Tensor& x) const {
    const auto part = [&](const char* which) { return of("decoder." + name + which); };
    const at::Tensor weight = part(".conv.weight");
    const at::Tensor y = at::conv3d(x, weight, {}, 1, weight.size(2) / 2);
    return at::relu(at::batch_norm(y, part(".bn.weight"), part(".bn.bias"), part(".bn.running_mean"),
                                   part(".bn.running_var"), false, 0, 1e-5, false));
  }

  at::Tensor plain(const std::string& name, const at::Tensor& x, int64_t stride = 1) const {
    const at::Tensor weight = of("encoder." + name + ".weight");
    return at::conv3d(x, weight, of("encoder." + name + ".bias"), stride, weight.size(2) / 2);
  }

  at::Tensor layer(const std::string& name, at::Tensor x, int64_t blocks, int64_t stride) const {
    for (int64_t i = 0; i < blocks; ++i) {
      const std::string block = name + "." + std::to_string(i) + ".";
      const int64_t step = i == 0 ? stride : 1;
      at::Tensor y = at::relu(plain(block + "conv1", x));
      y = plain(block + "conv3", at::relu(plain(block + "conv2", y, step)));
      x = at::relu(y + (i == 0 ? plain(block + "downsample", x, step) : x));
    }
    return x;
  }

  Features features(const at::Tensor& values) const {
    const at::Tensor c1 =
        at::relu(at::conv3d(values, of("encoder.conv1.weight"), of("encoder.conv1.bias"), {1, 2, 2}, {1, 3, 3}));
    const at::Tensor l1 = layer("layer1", at::max_pool3d(c1, 3, 2, 1), 3, 1);
    return {c1, l1, layer("layer2", l1, 8, 2)};
  }

  const StateDict& state_;
};

double relative_error(const at::Tensor& value, const at::Tensor& expected) {
  return ((value.to(at::kFloat) - expected).norm() / expected.norm()).item<double>();
}

std::vector<float> values_of(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  const float* const values = dense.const_data_ptr<float>();
  return {values, values + dense.numel()};
}

// Whole planes of `tile_slices` slices.
std::vector<FinePart> tiles_of(const at::Tensor& values, int64_t tile_slices) {
  std::vector<FinePart> tiles;
  for (int64_t begin = 0; begin < values.size(2); begin += tile_slices) {
    const int64_t end = std::min(begin + tile_slices, values.size(2));
    tiles.push_back({{begin, 0, 0}, {end, values.size(3) / 2, values.size(4) / 2}});
  }
  return tiles;
}

at::Tensor tiled(const Lesion3d& network, Layers& layers, const Lesion3dInput& input, int64_t tile_slices) {
  std::vector<at::Tensor> tiles;
  network.forward(layers, input, tile_slices, tiles_of(input.values, tile_slices),
                  [&](const FinePart&, const at::Tensor& logits) { tiles.push_back(logits.to(at::kFloat)); });
  return at::cat(tiles, 2);
}

// Logits of one part, with the encoder's features computed beside.
at::Tensor shared_part(const Lesion3d& network, Layers& layers, const Lesion3dInput& input, const FinePart& part) {
  at::Tensor made;
  network.forward(layers, input, network.encode(layers, input.values, 6), {part},
                  [&](const FinePart&, const at::Tensor& logits) { made = logits; });
  return made.to(at::kFloat);
}

MdlCnnConfig small_mdl(bool with_second) {
  MdlCnnConfig config;
  config.location_width = 16;
  if (with_second) config.location3d = small_config();
  return config;
}

StateDict mdl_state() {
  torch::manual_seed(3);
  return MdlCnn(small_mdl(false))->state_dict();
}

StateDict both_states() {
  StateDict state = mdl_state();
  state.merge(random_weights(lesion3d_layers(small_config())));
  return state;
}

}  // namespace

TEST_CASE("the 3-D lesion network computes what its operators do one by one") {
  const c10::InferenceMode inference_mode;
  const Lesion3dConfig config = small_config();
  const StateDict state = random_weights(lesion3d_layers(config));
  const RecordedLayers recorded = lesion3d_layers(config);
  const Lesion3dInput input = random_input(16, 24, 40);
  const at::Tensor expected = Naive(state).logits(input);
  REQUIRE(expected.std().item<double>() > 0.02);
  FoldedLayers folded(recorded, state, at::kCPU, at::kFloat);
  PackedLayers packed(recorded, state, at::kFloat);
  PackedLayers packed_bf16(recorded, state, at::kBFloat16);
  const Lesion3d network(config);
  CHECK(network.forward(folded, input).sizes() == expected.sizes());
  CHECK(relative_error(network.forward(folded, input), expected) < 1e-4);
  CHECK(relative_error(network.forward(packed, input), expected) < 1e-4);
  CHECK(relative_error(network.forward(packed_bf16, input), expected) < 0.05);

  const Lesion3dInference inference(config, std::make_unique<PackedLayers>(recorded, state, at::kFloat), at::kCPU);
  Run run;
  const auto locate = [&] {
    return inference.locate({{40, 24, 16}, values_of(input.values), values_of(input.relative), values_of(input.mask)},
                            run);
  };
  const std::vector<float> found = locate();
  const std::vector<float> probability = values_of(at::sigmoid(expected));
  REQUIRE(found.size() == probability.size());
  const std::vector<float> inside = values_of(input.mask);
  for (size_t i = 0; i < found.size(); ++i) {
    if (inside[i] > 0) REQUIRE(found[i] == doctest::Approx(probability[i]).epsilon(1e-3));
  }
  run.cancel();
  CHECK_THROWS_AS(locate(), Cancelled);
}

TEST_CASE("what the 3-D lesion network is shown beside the features is that of the training") {
  const c10::InferenceMode inference_mode;
  const Lesion3dInput input = random_input(16, 16, 24);
  const Surroundings surroundings(input.relative, input.mask);
  const auto [fine, middle, coarse] = Naive::extras(input.relative, input.mask);
  CHECK(at::allclose(surroundings.fine({{0, 0, 0}, {16, 8, 12}}), fine, 1e-5, 1e-6));
  CHECK(at::allclose(surroundings.fine({{3, 1, 2}, {7, 6, 11}}), fine.slice(2, 3, 7).slice(3, 1, 6).slice(4, 2, 11),
                     1e-5, 1e-6));
  CHECK(at::allclose(surroundings.middle(), middle, 1e-5, 1e-6));
  CHECK(at::allclose(surroundings.coarse(), coarse, 1e-5, 1e-6));
}

TEST_CASE("the 3-D lesion network's tiles of any length give the result of one") {
  const c10::InferenceMode inference_mode;
  const Lesion3dConfig config = small_config();
  const StateDict state = random_weights(lesion3d_layers(config));
  const RecordedLayers recorded = lesion3d_layers(config);
  const Lesion3d network(config);
  const Lesion3dInput input = random_input(24, 16, 24);
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    PackedLayers layers(recorded, state, dtype);
    const at::Tensor whole = tiled(network, layers, input, 24);
    for (const int64_t tile_slices : {2, 6, 8, 22}) {
      const at::Tensor parts = tiled(network, layers, input, tile_slices);
      REQUIRE(parts.sizes() == whole.sizes());
      CHECK((parts - whole).abs().max().item<float>() == 0);
    }
  }
}

TEST_CASE("features that were computed before give the same bytes, and a part alone what it is of the whole") {
  const c10::InferenceMode inference_mode;
  const Lesion3dConfig config = small_config();
  const StateDict state = random_weights(lesion3d_layers(config));
  const RecordedLayers recorded = lesion3d_layers(config);
  const Lesion3d network(config);
  const Lesion3dInput input = random_input(24, 40, 56);
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    PackedLayers layers(recorded, state, dtype);
    const at::Tensor whole = tiled(network, layers, input, 24);
    const FinePart all{{0, 0, 0}, {24, 20, 28}};
    CHECK(at::equal(shared_part(network, layers, input, all), whole));
    // Planes of other sizes may make oneDNN add in another order.
    for (const FinePart& part : {FinePart{{7, 5, 9}, {12, 8, 16}}, FinePart{{13, 0, 21}, {24, 19, 28}}}) {
      CHECK(relative_error(shared_part(network, layers, input, part), part_of(whole, part)) <
            (dtype == at::kFloat ? 1e-5 : 0.01));
    }
  }
}

TEST_CASE("only what lies around the liver is computed, and all of it is") {
  const Lesion3dConfig config = small_config();
  const StateDict state = random_weights(lesion3d_layers(config));
  const RecordedLayers recorded = lesion3d_layers(config);
  const Lesion3dInference inference(config, std::make_unique<PackedLayers>(recorded, state, at::kFloat), at::kCPU);
  Lesion3dInput input = random_input(24, 40, 56);
  input.mask.zero_();
  input.mask.slice(2, 9, 12).slice(3, 17, 21).slice(4, 30, 37).fill_(1);
  Run run;
  const std::vector<float> found =
      inference.locate({{56, 40, 24}, values_of(input.values), values_of(input.relative), values_of(input.mask)}, run);
  FoldedLayers folded(recorded, state, at::kCPU, at::kFloat);
  const c10::InferenceMode inference_mode;
  const std::vector<float> expected = values_of(at::sigmoid(Lesion3d(config).forward(folded, input)));
  int64_t computed = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(found.size()); ++i) {
    const int64_t x = i % 56, y = i / 56 % 40, z = i / (56 * 40);
    if (z >= 8 && z < 13 && y >= 16 && y < 22 && x >= 29 && x < 38) {
      REQUIRE(found[i] == doctest::Approx(expected[i]).epsilon(1e-3));
    }
    computed += found[i] != 0;
  }
  CHECK(computed <= 5 * 6 * 10);
}

TEST_CASE("encoders have one id where their values are the same, wherever they lie and whatever holds them") {
  StateDict state = random_weights(lesion3d_layers(small_config()));
  const std::string prefix = Lesion3d::kEncoderPrefix;
  StateDict liver;
  for (auto& [name, tensor] : state) {
    tensor = tensor.to(at::kBFloat16).to(at::kFloat);
    if (name.starts_with(prefix)) liver["encoder." + name.substr(prefix.size())] = tensor.to(at::kBFloat16);
  }
  const Vec3 cell_mm = Lesion3dConfig{}.cell_mm;
  const std::string id = encoder_id(state, prefix, cell_mm);
  CHECK(encoder_id(liver, "encoder.", cell_mm) == id);
  CHECK(encoder_id(state, prefix, {1.4, 1.4, 2.8}) != id);
  state.at("location3d.decoder.head.bias").add_(1);
  CHECK(encoder_id(state, prefix, cell_mm) == id);
  state.at("location3d.encoder.layer2.7.conv3.bias")[3] += 0.5;
  CHECK(encoder_id(state, prefix, cell_mm) != id);
}

TEST_CASE("a lesion model with a 3-D network survives its file, and one without it is as it was") {
  const std::string path = (std::filesystem::temp_directory_path() / "hepatica_lesion3d.safetensors").string();
  const LesionModel model(small_mdl(true), {}, "liver", both_states());
  model.save(path);
  const auto loaded = LesionModel::load(path);
  std::filesystem::remove(path);
  CHECK(loaded->config() == small_mdl(true));
  CHECK(at::equal(loaded->state().at("location3d.decoder.head.weight"),
                  model.state().at("location3d.decoder.head.weight")));
  CHECK(small_mdl(false).to_json().find("location3d") == std::string::npos);

  // The MDL-CNN's answer is that of a model without the other network.
  const LesionModel alone(small_mdl(false), {}, "liver", mdl_state());
  const at::Tensor region = at::rand({1, small_mdl(false).input_planes(), 32, 32});
  CHECK(at::equal(model.inference(at::kCPU, Precision::kFp32).forward(region).location,
                  alone.inference(at::kCPU, Precision::kFp32).forward(region).location));
}

TEST_CASE(
    "tensors of the 3-D lesion network that are missing, or that no configuration asks for, are refused by name") {
  const auto field_of = [](const MdlCnnConfig& config, const StateDict& state) {
    try {
      const LesionModel model(config, {}, "liver", state);
    } catch (const Error& error) {
      CHECK(error.code == "WRONG_MODEL");
      return error.field;
    }
    return std::string("accepted");
  };
  CHECK(field_of(small_mdl(true), both_states()) == "accepted");
  StateDict missing = both_states();
  missing.erase("location3d.encoder.layer2.7.conv3.bias");
  CHECK(field_of(small_mdl(true), missing) == "location3d.encoder.layer2.7.conv3.bias");
  CHECK(field_of(small_mdl(false), both_states()).starts_with("location3d."));
}
