#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "../models/random_weights.h"
#include "models/encoder3d/model.h"
#include "models/mdl_cnn/module.h"
#include "ops/metrics.h"
#include "ops/orient.h"
#include "pipelines/classify_lesions.h"
#include "pipelines/segment_structure.h"
#include "pretended_gpu.h"

using namespace hepatica;

namespace {

constexpr float kBodyHu = 40;
constexpr float kOrganHu = 150;
constexpr double kThresholdHu = 95;
constexpr double kBoneHu = 300;  // What is above 240 HU counts as 400.

// All layers answer with nothing.
StateDict silent_state(const Encoder3dConfig& config) {
  StateDict state;
  for (const RecordedConv& recorded : encoder3d_layers(config)) {
    const Conv& conv = recorded.layer;
    state[conv.name + ".weight"] = at::zeros(conv.weight_shape());
    if (conv.has_bias()) state[conv.name + ".bias"] = at::zeros({conv.out});
    if (!conv.has_norm()) continue;
    state[conv.norm + ".weight"] = at::ones({conv.out});
    state[conv.norm + ".bias"] = at::zeros({conv.out});
    state[conv.norm + ".running_mean"] = at::zeros({conv.out});
    state[conv.norm + ".running_var"] = at::ones({conv.out});
  }
  return state;
}

// The layer's first feature is its input's first, times `factor`.
void hand_on(StateDict& state, const std::string& layer, float factor = 1, int64_t output = 0) {
  at::Tensor& weight = state.at(layer + ".weight");
  at::Tensor middle = weight[output][0];
  for (int64_t axis = 2; axis < weight.dim(); ++axis) middle = middle.select(0, weight.size(axis) / 2);
  middle.fill_(factor);
}

// Both networks answer with the structure where HU are above kThresholdHu; with bone, where they are above kBoneHu.
std::shared_ptr<const Encoder3dModel> threshold_model(const std::string& components, bool bone = false) {
  Encoder3dConfig config;
  config.structures = {"background", "liver"};
  if (bone) config.structures.emplace_back("bone");
  config.wide = 4;
  config.middle = 4;
  config.fine = 4;
  config.locator.widths = {4, 4, 4, 4};
  StateDict state = silent_state(config);
  constexpr float kSteepness = 1000;
  const float offset = -kSteepness * static_cast<float>((kThresholdHu + 1000) / 2000);
  for (const char* const layer : {"locator.enter1.conv", "locator.enter2.conv", "locator.up1.conv", "encoder.conv1",
                                  "decoder.lateral0.conv", "decoder.up0.conv"}) {
    hand_on(state, layer);
  }
  hand_on(state, "locator.head", kSteepness, 1);
  state.at("locator.head.bias")[1].fill_(offset);
  for (int64_t output = 4; output < 8; ++output) {
    hand_on(state, "decoder.head", kSteepness, output);
    state.at("decoder.head.bias")[output].fill_(offset);
  }
  // Steeper, so that it wins where both are above their thresholds.
  for (int64_t output = 8; bone && output < 12; ++output) {
    hand_on(state, "decoder.head", 10 * kSteepness, output);
    state.at("decoder.head.bias")[output].fill_(-10 * kSteepness * static_cast<float>((kBoneHu + 1000) / 2000));
  }
  Metadata metadata;
  metadata[Postprocessing::kMetadataKey] = R"({"components":)" + components + R"(,"fillHoles":true})";
  return std::make_shared<Encoder3dModel>(config, "liver", std::move(state), metadata);
}

struct Ball {
  Vec3 centre_mm;
  double radius_mm;
};

struct Phantom {
  Volume volume;
  Mask organ;
};

// Balls in a body, in a scan of 320 x 260 x 240 mm; canonical.
Phantom phantom(const Vec3& spacing_mm, const std::vector<Ball>& balls) {
  Phantom made;
  Geometry& geometry = made.volume.geometry;
  geometry.spacing_mm = spacing_mm;
  geometry.size = {static_cast<int64_t>(320 / spacing_mm[0]), static_cast<int64_t>(260 / spacing_mm[1]),
                   static_cast<int64_t>(240 / spacing_mm[2])};
  std::vector<int16_t> hu;
  for (int64_t z = 0; z < geometry.size[2]; ++z) {
    for (int64_t y = 0; y < geometry.size[1]; ++y) {
      for (int64_t x = 0; x < geometry.size[0]; ++x) {
        const auto mm = [&](int axis, int64_t i) { return (static_cast<double>(i) + 0.5) * spacing_mm[axis]; };
        const bool in_body = std::hypot((mm(0, x) - 160) / 150, (mm(1, y) - 130) / 110) < 1;
        const bool in_organ = std::any_of(balls.begin(), balls.end(), [&](const Ball& ball) {
          return std::hypot(mm(0, x) - ball.centre_mm[0], mm(1, y) - ball.centre_mm[1], mm(2, z) - ball.centre_mm[2]) <
                 ball.radius_mm;
        });
        hu.push_back(static_cast<int16_t>(in_organ ? kOrganHu : in_body ? kBodyHu : -1000));
        made.organ.voxels.push_back(in_organ ? 1 : 0);
      }
    }
  }
  made.organ.geometry = geometry;
  made.volume.hu = std::move(hu);
  return made;
}

const std::vector<Ball> kOneBall = {{{110, 110, 120}, 55}};

SegmentOptions fp32() {
  SegmentOptions options;
  options.precision = PrecisionChoice::kFp32;
  return options;
}

double found_dice(const Phantom& made, const StructureModel& model) {
  Run run;
  const Segmentation found = segment_structure(made.volume, model, fp32(), run);
  return dice(count_overlap(found.mask, made.organ, run));
}

bool warned(const Run& run, const std::string& code) {
  const std::vector<Warning> warnings = run.warnings();
  return std::any_of(warnings.begin(), warnings.end(), [&](const Warning& warning) { return warning.code == code; });
}

}  // namespace

TEST_CASE("a 3-D network's structure comes back on scans of any spacing") {
  const auto model = threshold_model("\"largest\"");
  for (const Vec3 spacing_mm : {Vec3{1.6, 1.6, 3}, Vec3{1.25, 1.25, 0.8}, Vec3{2, 1.8, 8}}) {
    CHECK(found_dice(phantom(spacing_mm, kOneBall), *model) > 0.96);
  }
}

TEST_CASE("a scan that lies otherwise gives the same voxels") {
  const auto model = threshold_model("\"largest\"");
  const Phantom made = phantom({1.6, 1.6, 3}, kOneBall);
  Run run;
  const Segmentation straight = segment_structure(made.volume, *model, fp32(), run);

  // Prone, feet last: x, y and z run the other way.
  Phantom turned = made;
  turned.volume.geometry.direction = {-1, 0, 0, 0, -1, 0, 0, 0, -1};
  auto& hu = std::get<std::vector<int16_t>>(turned.volume.hu);
  std::reverse(hu.begin(), hu.end());
  const Segmentation found = segment_structure(turned.volume, *model, fp32(), run);
  std::vector<uint8_t> back = found.mask.voxels;
  std::reverse(back.begin(), back.end());
  CHECK(back == straight.mask.voxels);
  CHECK(found.volume_ml == doctest::Approx(straight.volume_ml));
}

TEST_CASE("nothing found is an empty mask and a warning, before the fine network is asked") {
  const auto model = threshold_model("\"largest\"");
  Phantom made = phantom({1.6, 1.6, 3}, {});
  Run run;
  const Segmentation found = segment_structure(made.volume, *model, fp32(), run);
  CHECK(found.volume_ml == 0);
  CHECK(found.mask.geometry.size == made.volume.geometry.size);
  CHECK(found.mask.voxels.size() == made.organ.voxels.size());
  CHECK(warned(run, "EMPTY_RESULT"));
  CHECK(!run.timings_ms().contains("network"));
}

TEST_CASE("a part of an organ at the scan's rim is kept, and a second piece where the model says so") {
  const std::vector<Ball> cut = {{{110, 110, -20}, 55}};
  CHECK(found_dice(phantom({1.6, 1.6, 3}, cut), *threshold_model("\"largest\"")) > 0.93);

  const Phantom two = phantom({1.6, 1.6, 3}, {{{90, 110, 60}, 40}, {{220, 130, 190}, 30}});
  CHECK(found_dice(two, *threshold_model(R"({"minimumShare":0.05})")) > 0.95);
  CHECK(found_dice(two, *threshold_model("\"largest\"")) < 0.9);
}

TEST_CASE("the same result each time, and on any number of threads") {
  const auto model = threshold_model("\"largest\"");
  const Phantom made = phantom({1.25, 1.25, 2}, kOneBall);
  Run two;
  two.threads = 2;
  Run one;
  one.threads = 1;
  CHECK(segment_structure(made.volume, *model, fp32(), two).mask.voxels ==
        segment_structure(made.volume, *model, fp32(), one).mask.voxels);
}

TEST_CASE("all structures: the organ as it is outlined alone, the others where they are likeliest") {
  constexpr double kBoneMm = 70;  // Wide: cells at its rim, halves of 40 and 240 HU, are no bone.
  const auto model = threshold_model("\"largest\"", true);
  Phantom made = phantom({1.6, 1.6, 3}, kOneBall);
  Geometry& geometry = made.volume.geometry;
  geometry.direction = {-1, 0, 0, 0, -1, 0, 0, 0, -1};  // The grid of the result is the source's.
  auto& hu = std::get<std::vector<int16_t>>(made.volume.hu);
  int64_t bone = 0;
  for (size_t i = 0; i < hu.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    const double x = static_cast<double>(at % geometry.size[0]) * 1.6;
    const double y = static_cast<double>(at / geometry.size[0] % geometry.size[1]) * 1.6;
    if (std::hypot(x - 220, y - 150) > kBoneMm / 2) continue;
    hu[i] = 900;
    ++bone;
  }
  std::reverse(hu.begin(), hu.end());
  Run run;
  const StructureLabels found = segment_structures(made.volume, *model, fp32(), run);
  const Segmentation alone = segment_structure(made.volume, *model, fp32(), run);
  REQUIRE(found.structures.size() == 2);
  CHECK(found.structures[0].name == "liver");
  CHECK(found.structures[1].name == "bone");
  CHECK(found.structures[0].volume_ml == doctest::Approx(alone.volume_ml));
  CHECK(found.structures[1].volume_ml ==
        doctest::Approx(static_cast<double>(bone) * 1.6 * 1.6 * 3 / 1000).epsilon(0.05));
  int64_t differing = 0;
  int64_t missed = 0;
  for (size_t i = 0; i < hu.size(); ++i) {
    differing += (found.labels.voxels[i] == 1) != (alone.mask.voxels[i] == 1);
    missed += hu[i] == 900 && found.labels.voxels[i] != 2;
  }
  CHECK(differing == 0);
  CHECK(missed < bone / 20);
}

namespace {

// The threshold model with an encoder of random weights, to which its decoder does not listen.
std::shared_ptr<const Encoder3dModel> liver_model() {
  const auto plain = threshold_model("\"largest\"");
  StateDict state = plain->state();
  for (const auto& [name, tensor] : random_weights(encoder3d_layers(plain->config()))) {
    if (name.starts_with("encoder.layer")) state[name] = tensor;
  }
  return std::make_shared<Encoder3dModel>(plain->config(), "liver", std::move(state), plain->metadata());
}

LesionModel lesion_model(const Encoder3dModel& liver) {
  MdlCnnConfig config;
  config.location_width = 16;
  config.channels = {RegionChannel::kEqualized, RegionChannel::kRelative};
  config.threshold = 0.5;
  config.minimum_ml = 0;
  config.location3d = Lesion3dConfig{.wide = 8, .middle = 8, .fine = 8, .share = 1};
  torch::manual_seed(11);
  StateDict state = MdlCnn(config)->state_dict();
  state.merge(random_weights(lesion3d_layers(*config.location3d)));
  for (const auto& [name, tensor] : liver.state()) {
    if (name.starts_with("encoder.")) state["location3d." + name] = tensor;
  }
  return {config, {}, "liver", std::move(state)};
}

struct Looks {
  Mask lesions;
  bool shared = false;
};

Looks look_for_lesions(const Phantom& made, const Segmentation& liver, const LesionModel& model,
                       const DeviceChoice& device) {
  ClassifyOptions options;
  options.device = device;
  options.precision = PrecisionChoice::kFp32;
  options.crop = liver.crop.get();
  Run run;
  LesionClassification found = classify_lesions(made.volume, liver.mask, model, options, run);
  return {std::move(found.mask), !run.timings_ms().contains("lesion_encoder")};
}

}  // namespace

TEST_CASE("lesions are looked for on what the liver's network left, kept or computed again, on the CPU and on a GPU") {
  const PretendedGpu gpu;
  const auto livers = liver_model();
  const LesionModel lesions = lesion_model(*livers);
  const Phantom made = phantom({1.6, 1.6, 3}, kOneBall);
  const auto segment = [&](bool keep, const DeviceChoice& device) {
    SegmentOptions options = fp32();
    options.keep_features = keep;
    options.device = device;
    Run run;
    return segment_structure(made.volume, *livers, options, run);
  };
  for (const DeviceChoice& device : {DeviceChoice(DeviceChoice::kCpu), DeviceChoice(DeviceChoice::kCuda)}) {
    const Segmentation kept = segment(true, device);
    REQUIRE(kept.crop);
    const Looks first = look_for_lesions(made, kept, lesions, device);
    CHECK(first.shared);
    CHECK(std::count(first.lesions.voxels.begin(), first.lesions.voxels.end(), 0) <
          static_cast<int64_t>(first.lesions.voxels.size()));
    const Looks second = look_for_lesions(made, kept, lesions, device);
    CHECK_FALSE(second.shared);
    CHECK(second.lesions.voxels == first.lesions.voxels);
    const Looks never = look_for_lesions(made, segment(false, device), lesions, device);
    CHECK_FALSE(never.shared);
    CHECK(never.lesions.voxels == first.lesions.voxels);
  }
  // One device's features are not the other's.
  CHECK_FALSE(look_for_lesions(made, segment(true, DeviceChoice::kCuda), lesions, DeviceChoice::kCpu).shared);
  // The newest liver's alone are kept.
  const Segmentation older = segment(true, DeviceChoice::kCpu);
  const Segmentation newer = segment(true, DeviceChoice::kCpu);
  CHECK_FALSE(look_for_lesions(made, older, lesions, DeviceChoice::kCpu).shared);
  CHECK(look_for_lesions(made, newer, lesions, DeviceChoice::kCpu).shared);
}
