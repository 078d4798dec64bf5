#include <ATen/ops/rand.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <doctest/doctest.h>
#include <torch/utils.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "models/lesion_model.h"
#include "models/mdl_cnn/module.h"
#include "models/registry.h"
#include "models/segmenter_model.h"

using namespace hepatica;

namespace {

MdlCnnConfig small_config() {
  MdlCnnConfig config;
  config.base_stages = 2;
  config.location_width = 16;
  config.channels = {RegionChannel::kEqualized, RegionChannel::kRelative};
  return config;
}

// Running statistics and heads that are not those of initialization, so that folding them shows.
MdlCnn trained_looking(const MdlCnnConfig& config) {
  torch::manual_seed(11);
  MdlCnn net(config);
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : net->state_dict()) {
    at::Tensor values = tensor.detach();
    if (name.ends_with("running_mean")) values.copy_(at::rand(values.sizes()) * 0.2 - 0.1);
    if (name.ends_with("running_var")) values.copy_(at::rand(values.sizes()) + 0.5);
    if (name.find("head.weight") != std::string::npos) values.copy_(at::rand(values.sizes()) - 0.5);
  }
  net->eval();
  return net;
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

struct TemporaryFile {
  std::string path;
  explicit TemporaryFile(const std::string& name) : path((std::filesystem::temp_directory_path() / name).string()) {}
  ~TemporaryFile() { std::filesystem::remove(path); }
};

}  // namespace

TEST_CASE("the fused lesion network gives what its module gives") {
  const MdlCnnConfig config = small_config();
  MdlCnn net = trained_looking(config);
  const at::NoGradGuard no_grad;
  const at::Tensor region = at::rand({3, config.input_planes(), 40, 56});
  const MdlOutput expected = net->forward(region);
  const at::Tensor location = at::softmax(expected.location, 1).narrow(1, 1, 1);
  const at::Tensor classes = at::softmax(expected.classes, 1);
  // The comparison would hold for a network that says the same everywhere.
  REQUIRE(location.std().item<double>() > 0.01);
  REQUIRE(classes.std().item<double>() > 0.01);
  for (const auto& [precision, tolerance] : {std::pair{Precision::kFp32, 1e-4}, std::pair{Precision::kBf16, 0.1}}) {
    const MdlCnnInference inference(config, net->state_dict(), at::kCPU, precision);
    const MdlCnnInference::Probabilities found = inference.forward(region);
    CHECK(found.location.sizes() == location.sizes());
    CHECK(found.classes.sizes() == classes.sizes());
    CHECK(largest_difference(found.location, location) < tolerance);
    CHECK(largest_difference(found.classes, classes) < tolerance);
  }
}

TEST_CASE("a lesion model survives its file, and says its kind") {
  const MdlCnnConfig config = small_config();
  const TemporaryFile file("hepatica_lesion_model.safetensors");
  PreprocessOptions preprocessing;
  preprocessing.hu_max = 300;
  const LesionModel model(config, preprocessing, "liver", trained_looking(config)->state_dict(), {{"note", "kept"}});
  model.save(file.path);
  const auto loaded = load_network_model(file.path);
  CHECK(loaded->kind() == "mdl_cnn");
  CHECK(loaded->structure() == "liver");
  CHECK(loaded->preprocessing().hu_max == 300);
  CHECK(loaded->metadata().at("note") == "kept");
  CHECK(loaded->metadata().at("classes") == R"(["CYS","ANG","HCC","MET"])");
  CHECK(loaded->parameter_count() == model.parameter_count());
  CHECK(LesionModel::load(file.path)->config() == config);
  try {
    SegmenterModel::load(file.path);
    FAIL("a lesion model was loaded as a segmenter");
  } catch (const Error& error) {
    CHECK(error.code == "WRONG_MODEL");
    CHECK(error.field == "kind");
    CHECK(error.file == file.path);
  }
}

TEST_CASE("a lesion model whose tensors or classes do not fit is refused") {
  const MdlCnnConfig config = small_config();
  StateDict state = trained_looking(config)->state_dict();
  state.at("base.layer2.3.conv2.weight") = at::rand({128, 128, 1, 1});
  try {
    const LesionModel model(config, {}, "liver", state);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code == "WRONG_MODEL");
    CHECK(error.field == "base.layer2.3.conv2.weight");
  }
  const TemporaryFile file("hepatica_lesion_classes.safetensors");
  const LesionModel model(config, {}, "liver", trained_looking(config)->state_dict());
  Metadata other = model.metadata();
  other["classes"] = R"(["HCC","MET","CYS","ANG"])";
  write_safetensors(file.path, model.state(), other);
  try {
    LesionModel::load(file.path);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.field == "classes");
  }
}

TEST_CASE("a region's maps do not depend on how many slices are computed at once, and follow a cancel") {
  const MdlCnnConfig config = small_config();
  const MdlCnnInference inference(config, trained_looking(config)->state_dict(), at::kCPU, Precision::kFp32);
  Geometry geometry;
  geometry.size = {64, 64, 5};
  geometry.spacing_mm = {1.5, 1.5, 3};
  std::vector<int16_t> hu(static_cast<size_t>(geometry.voxel_count()));
  for (size_t i = 0; i < hu.size(); ++i) hu[i] = static_cast<int16_t>(i * 37 % 200);
  const Mask liver{geometry, std::vector<uint8_t>(hu.size(), 1)};
  Run run;
  const RegionInput region = make_region_input({geometry, hu}, liver, config, {}, run);
  const auto pixels = static_cast<size_t>(region.canvas.pixels());
  const WantedClasses all = [&](int64_t /*first*/, std::span<const uint8_t> location) {
    std::vector<int64_t> slices(location.size() / pixels);
    std::iota(slices.begin(), slices.end(), 0);
    return slices;
  };
  const LesionMaps maps = inference.predict(region, all, run);
  CHECK(maps.location.size() == static_cast<size_t>(5 * region.canvas.pixels()));
  const std::array<int64_t, 1> last = {4};
  const MdlCnnInference::Probabilities alone = inference.forward(region.batch(last));
  const at::Tensor values = alone.location.contiguous();
  for (int64_t i = 0; i < region.canvas.pixels(); ++i) {
    const double byte = maps.location[4 * region.canvas.pixels() + i];
    REQUIRE(std::abs(byte - 255 * values.const_data_ptr<float>()[i]) < 0.6);
  }
  // Classes of the slices that are asked for alone, and the same as beside others.
  std::vector<uint8_t> told;
  const LesionMaps some = inference.predict(
      region,
      [&](int64_t first, std::span<const uint8_t> location) {
        CHECK(static_cast<size_t>(first) * pixels == told.size());
        told.insert(told.end(), location.begin(), location.end());
        return std::vector<int64_t>{1, 4};
      },
      run);
  CHECK(some.location == maps.location);
  CHECK(told == maps.location);
  for (size_t slice = 0; slice < 5; ++slice) {
    const auto plane = [&](const std::vector<uint8_t>& map) {
      return std::vector<uint8_t>(map.begin() + static_cast<ptrdiff_t>(slice * pixels),
                                  map.begin() + static_cast<ptrdiff_t>((slice + 1) * pixels));
    };
    for (size_t type = 0; type < maps.classes.size(); ++type) {
      const bool wanted = slice == 1 || slice == 4;
      REQUIRE(plane(some.classes[type]) == (wanted ? plane(maps.classes[type]) : std::vector<uint8_t>(pixels)));
    }
  }
  run.cancel();
  CHECK_THROWS_AS(inference.predict(region, all, run), Cancelled);
}
