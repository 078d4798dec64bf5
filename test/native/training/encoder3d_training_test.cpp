#include <doctest/doctest.h>

#include "core/error.h"
#include "models/encoder3d/model.h"
#include "models/weights/safetensors.h"
#include "small_volume_network.h"
#include "temporary_folder.h"
#include "training/tasks/volume/encoder3d_network.h"
#include "training/tasks/volume/run.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

Encoder3dConfig narrow_config() {
  Encoder3dConfig config;
  config.structures = {"background", "ball", "body"};
  config.wide = 16;
  config.middle = 16;
  config.fine = 8;
  config.locator.widths = {4, 8, 8, 16};
  return config;
}

History train(const VolumeTrainingPlan& plan, const Encoder3dConfig& config) {
  const VolumeNetworkKind kind = encoder3d_kind(config, config.structures[1]);
  Run run;
  const LabelledScan scan = ball_in_body(0);
  const std::vector<VolumeScan> scans = {
      make_volume_scan(scan.volume, scan.label, "training0", ball_structures(), kind.cell_mm, run)};
  return run_training(
      plan, kind, scans, {}, {}, *one_process(), [](const std::string&) {}, run);
}

// One epoch of small crops, the encoder fixed.
VolumeTrainingPlan quick_plan(const std::string& folder, int64_t crops) {
  VolumeTrainingPlan plan = ball_volume_plan(folder);
  plan.cases.resize(1);
  plan.options.epochs = 1;
  plan.options.crops_per_epoch = crops;
  plan.options.crop_cells = {16, 32, 32};
  plan.options.ema_decay = 0;
  plan.options.frozen_epochs = 1;
  return plan;
}

}  // namespace

TEST_CASE("the 3-D network learns in the trainer, and its weights are a model that segments") {
  const TemporaryFolder folder;
  const VolumeTrainingPlan plan = quick_plan(folder.path, 4);
  const History history = train(plan, narrow_config());
  CHECK(history.epochs[0].steps == 2);
  const auto model = Encoder3dModel::load(plan.options.output);
  CHECK(model->config() == narrow_config());
  CHECK(model->structure() == "ball");

  // Thawed, and going on from what was written: the encoder moves, the locator does not.
  VolumeTrainingPlan further = plan;
  further.options.initial = plan.options.output;
  further.options.output = folder.path + "/further.safetensors";
  further.options.frozen_epochs = 0;
  train(further, narrow_config());
  const SafetensorsFile before(plan.options.output), after(further.options.output);
  for (const std::string& name : before.names()) {
    CAPTURE(name);
    const bool same = before.tensor(name).equal(after.tensor(name));
    if (name.starts_with("locator.")) CHECK(same);
    if (name.starts_with("encoder.") && name.ends_with("weight")) CHECK_FALSE(same);
  }
}

TEST_CASE("a structure more is learned from weights that do not know it") {
  const TemporaryFolder folder;
  const VolumeTrainingPlan plan = quick_plan(folder.path, 2);
  train(plan, narrow_config());

  Encoder3dConfig wider = narrow_config();
  wider.structures.push_back("core");
  VolumeTrainingPlan further = plan;
  further.options.initial = plan.options.output;
  further.options.output = folder.path + "/wider.safetensors";
  further.options.structures = {{"ball", {1}}, {"body", {2}}, {"core", {3}}};
  train(further, wider);
  CHECK(Encoder3dModel::load(further.options.output)->config() == wider);
  const SafetensorsFile before(plan.options.output), after(further.options.output);
  for (const std::string name : {"decoder.head.weight", "decoder.head.bias"}) {
    CAPTURE(name);
    const at::Tensor known = before.tensor(name).to(at::kFloat), all = after.tensor(name).to(at::kFloat);
    REQUIRE(known.size(0) == 12);
    REQUIRE(all.size(0) == 16);
    // A step away from what was known; a head that was drawn anew would not be.
    CHECK((all.slice(0, 0, 12) - known).abs().max().item<float>() < 0.02F);
  }
}

TEST_CASE("a structure that the network does not know is refused") {
  const TemporaryFolder folder;
  Encoder3dConfig config = narrow_config();
  config.structures.pop_back();
  try {
    train(ball_volume_plan(folder.path), config);
    FAIL("a structure without a class was learned");
  } catch (const Error& error) {
    CHECK(error.code == "INVALID_ARGUMENT");
    CHECK(std::string(error.what()).find("(ball)") != std::string::npos);
  }
}
