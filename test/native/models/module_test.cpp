#include "models/liver_cnn/module.h"

#include <doctest/doctest.h>
#include <torch/utils.h>

#include "core/error.h"

using namespace hepatica;

TEST_CASE("the state dict has the names of its published form") {
  const LiverCnn net{LiverCnnConfig{}};
  const StateDict state = net->state_dict();
  for (const std::string name :
       {"conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked",
        "conv2.weight", "conv3.weight", "bn3.running_var", "head.weight", "head.bias"}) {
    CHECK_MESSAGE(state.contains(name), name);
  }
  CHECK(state.size() == 3 + 3 * 5 + 2);
  CHECK(state.at("conv1.weight").sizes() == at::IntArrayRef({128, 47, 5, 5}));
  CHECK(state.at("conv2.weight").sizes() == at::IntArrayRef({64, 128, 5, 5}));
  CHECK(state.at("head.weight").sizes() == at::IntArrayRef({18, 320, 3, 3}));
}

TEST_CASE("every form of head and skip gives two logits a pixel") {
  for (const HeadKind head : {HeadKind::kSubpixel, HeadKind::kBilinear}) {
    for (const SkipKind skip : {SkipKind::kNone, SkipKind::kAllLayers, SkipKind::kInput}) {
      LiverCnnConfig config;
      config.context_mm = {-5, 0, 5};
      config.kernels = {3, 3, 3};
      config.subsampling = 4;
      config.head = head;
      config.skip = skip;
      LiverCnn net(config);
      const at::Tensor logits = net->forward(at::rand({2, 3, 16, 24}), at::zeros({2, 2, 4, 6}));
      CHECK(logits.sizes() == at::IntArrayRef({2, 2, 16, 24}));
    }
  }
}

TEST_CASE("the same seed gives the same weights, and loading copies them") {
  torch::manual_seed(7);
  LiverCnn first{LiverCnnConfig{}};
  torch::manual_seed(7);
  LiverCnn same{LiverCnnConfig{}};
  LiverCnn other{LiverCnnConfig{}};
  CHECK(at::equal(first->state_dict().at("conv2.weight"), same->state_dict().at("conv2.weight")));
  CHECK_FALSE(at::equal(first->state_dict().at("conv2.weight"), other->state_dict().at("conv2.weight")));
  other->load_state_dict(first->state_dict());
  CHECK(at::equal(first->state_dict().at("conv2.weight"), other->state_dict().at("conv2.weight")));
}

TEST_CASE("weights of another network are refused with the tensor's name") {
  LiverCnn net{LiverCnnConfig{}};
  const auto refused_field = [&](const StateDict& state) {
    try {
      net->load_state_dict(state, "other.safetensors");
    } catch (const Error& error) {
      CHECK(error.code == "WRONG_MODEL");
      CHECK(error.file == "other.safetensors");
      return error.field;
    }
    return std::string("accepted");
  };
  StateDict missing = net->state_dict();
  missing.erase("bn2.running_var");
  CHECK(refused_field(missing) == "bn2.running_var");
  StateDict surplus = net->state_dict();
  surplus["layer1.0.conv1.weight"] = at::zeros({1});
  CHECK(refused_field(surplus) == "layer1.0.conv1.weight");
  StateDict misshapen = net->state_dict();
  misshapen["conv1.weight"] = at::zeros({128, 47, 3, 3});
  CHECK(refused_field(misshapen) == "conv1.weight");
}
