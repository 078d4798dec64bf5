#include "models/segmenter_model.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>

#include "../source_folder.h"
#include "core/error.h"
#include "models/liver_cnn/module.h"

using namespace hepatica;

namespace {

std::string temporary_file() {
  return (std::filesystem::temp_directory_path() / ("hepatica-model-" + std::to_string(getpid()) + ".safetensors"))
      .string();
}

std::string code_of_loading(const StateDict& state, const Metadata& metadata, std::string* field = nullptr) {
  const std::string path = temporary_file();
  write_safetensors(path, state, metadata);
  std::string code = "accepted";
  try {
    SegmenterModel::load(path);
  } catch (const Error& error) {
    code = error.code;
    CHECK(error.file == path);
    if (field) *field = error.field;
  }
  std::remove(path.c_str());
  return code;
}

}  // namespace

TEST_CASE("a model survives its file with what is needed to run it") {
  LiverCnnConfig config;
  config.spacing_mm = 1.5;
  PreprocessOptions preprocessing;
  preprocessing.hu_min = -80;
  preprocessing.equalization = Equalization::kClahe;
  LiverCnn net(config);
  const SegmenterModel model(config, preprocessing, "spleen", net->state_dict(), {{"training", "phantom"}});
  // As the model card counts them: the default is the network that comes with the package.
  CHECK(model.parameter_count() == 612498);
  const std::string path = temporary_file();
  model.save(path);
  const auto loaded = SegmenterModel::load(path);
  std::remove(path.c_str());
  CHECK(loaded->config() == config);
  CHECK(loaded->preprocessing().hu_min == -80);
  CHECK(loaded->preprocessing().equalization == Equalization::kClahe);
  CHECK(loaded->structure() == "spleen");
  CHECK(loaded->metadata() == model.metadata());
  CHECK(loaded->metadata().at("training") == "phantom");
  CHECK(at::equal(loaded->state().at("conv3.weight"), net->state_dict().at("conv3.weight")));
}

TEST_CASE("the default network is the one that comes with the package") {
  const auto shipped = SegmenterModel::load(test::in_source_folder("weights/liver-paper.safetensors"));
  CHECK(shipped->config() == LiverCnnConfig{});
  CHECK(shipped->postprocessing() == Postprocessing{});
  CHECK_FALSE(shipped->metadata().contains("postprocessing"));
}

TEST_CASE("weights of another model are refused") {
  LiverCnn net{LiverCnnConfig{}};
  const SegmenterModel model(LiverCnnConfig(), {}, "liver", net->state_dict());
  std::string field;
  CHECK(code_of_loading({{"fc.weight", at::ones({2, 2})}}, {}, &field) == "WRONG_MODEL");
  CHECK(field == "kind");
  Metadata metadata = model.metadata();
  metadata["kind"] = "resnet101";
  CHECK(code_of_loading(model.state(), metadata) == "WRONG_MODEL");
  metadata = model.metadata();
  metadata["preprocessing"] = R"({"hu_min":400,"hu_max":-100,"equalization":"global"})";
  CHECK(code_of_loading(model.state(), metadata, &field) == "WRONG_MODEL");
  CHECK(field == "preprocessing");
  metadata = model.metadata();
  LiverCnnConfig other;
  other.subsampling = 2;
  metadata["architecture"] = other.to_json();
  CHECK(code_of_loading(model.state(), metadata, &field) == "WRONG_MODEL");
  CHECK(field == "conv1.weight");
  metadata = model.metadata();
  metadata["postprocessing"] = R"({"components":"none"})";
  CHECK(code_of_loading(model.state(), metadata, &field) == "WRONG_MODEL");
  CHECK(field == "components");
  CHECK(code_of_loading(model.state(), model.metadata()) == "accepted");
}

TEST_CASE("running statistics that no training makes are refused") {
  LiverCnn net{LiverCnnConfig{}};
  const SegmenterModel model(LiverCnnConfig(), {}, "liver", net->state_dict());
  for (const char* norm : {"bn1", "bn2", "bn3"}) {
    for (const float wrong : {-1e-6F, -1.0F, NAN, INFINITY}) {
      StateDict state = model.state();
      const std::string name = std::string(norm) + ".running_var";
      state[name] = state.at(name).clone();
      state[name][7] = wrong;
      std::string field;
      CHECK(code_of_loading(state, model.metadata(), &field) == "WRONG_MODEL");
      CHECK(field == name);
    }
    StateDict state = model.state();
    const std::string name = std::string(norm) + ".running_var";
    state[name] = at::zeros_like(state.at(name));
    CHECK(code_of_loading(state, model.metadata()) == "accepted");
  }
}
