#include <ATen/ops/rand.h>
#include <doctest/doctest.h>
#include <torch/utils.h>

#include "core/error.h"
#include "models/mdl_cnn/module.h"

using namespace hepatica;

TEST_CASE("the lesion network's state dict has the agreed names and shapes") {
  MdlCnnConfig config;
  config.channels = {RegionChannel::kEqualized, RegionChannel::kRelative};
  config.base_stages = 2;
  config.location_width = 128;
  const MdlCnn net(config);
  const StateDict state = net->state_dict();
  const auto has = [&](const std::string& name, std::vector<int64_t> shape) {
    REQUIRE_MESSAGE(state.contains(name), name);
    CHECK_MESSAGE(state.at(name).sizes() == at::IntArrayRef(shape), name);
  };
  has("base.conv1.weight", {64, 3, 7, 7});
  has("base.layer2.0.downsample.0.weight", {512, 256, 1, 1});
  has("merge1.weight", {128, 256, 1, 1});
  has("merge2.bias", {128});
  has("location1.conv.weight", {128, 128 + 6 * 16, 3, 3});
  has("location7.bn.running_var", {128});
  has("location_head.weight", {32, 128, 3, 3});
  has("class1.conv.weight", {256, 6 * 16, 3, 3});
  has("class4.conv.weight", {32, 64, 3, 3});
  has("class7.bn.weight", {256});
  has("class_head.weight", {4, 256 + 128, 1, 1});
  CHECK_FALSE(state.contains("base.layer3.0.conv1.weight"));
  CHECK_FALSE(state.contains("merge3.weight"));
}

TEST_CASE("every form of the lesion network gives two and four logits a pixel") {
  const at::NoGradGuard no_grad;
  for (const int64_t stages : {1, 3}) {
    for (const std::vector<double>& context : {std::vector<double>{0}, std::vector<double>{-3, 0, 3}}) {
      MdlCnnConfig config;
      config.base_stages = stages;
      config.context_mm = context;
      config.location_width = 16;
      torch::manual_seed(3);
      MdlCnn net(config);
      net->eval();
      const MdlOutput output = net->forward(at::rand({2, config.input_planes(), 32, 48}));
      CHECK(output.location.sizes() == at::IntArrayRef({2, 2, 32, 48}));
      CHECK(output.classes.sizes() == at::IntArrayRef({2, 4, 32, 48}));
    }
  }
}

TEST_CASE("the lesion network refuses another network's weights with the tensor's name") {
  MdlCnnConfig config;
  config.base_stages = 1;
  config.location_width = 8;
  MdlCnn net(config);
  StateDict state = net->state_dict();
  state.erase("class3.conv.weight");
  try {
    net->load_state_dict(state, "other.safetensors");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code == "WRONG_MODEL");
    CHECK(error.field == "class3.conv.weight");
    CHECK(error.file == "other.safetensors");
  }
}
