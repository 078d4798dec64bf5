#include "training/tasks/volume/run.h"

#include <doctest/doctest.h>

#include <string>

#include "core/error.h"
#include "models/weights/safetensors.h"
#include "small_volume_network.h"
#include "temporary_folder.h"
#include "training/tasks/volume/loss.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

History train(const VolumeTrainingPlan& plan, Run& run, const TrainingDevice& device = {},
              int64_t cancel_after_epoch = 0) {
  static const std::vector<VolumeScan> training = ball_volumes(2, "training");
  static const std::vector<VolumeScan> validation = ball_volumes(1, "validation");
  run.threads = 1;
  int64_t epochs = 0;
  return run_training(
      plan, small_volume_kind(), training, validation, device, *one_process(),
      [&](const std::string&) {
        if (++epochs == cancel_after_epoch) run.cancel();
      },
      run);
}

History train(const VolumeTrainingPlan& plan, int64_t cancel_after_epoch = 0) {
  Run run;
  return train(plan, run, {}, cancel_after_epoch);
}

std::string code_of_plan(const std::string& json) {
  try {
    parse_volume_plan(json);
  } catch (const Error& error) {
    return error.code;
  }
  return "nothing thrown";
}

}  // namespace

TEST_CASE("a 3-D network of any kind learns in the trainer") {
  const TemporaryFolder folder;
  VolumeTrainingPlan plan = ball_volume_plan(folder.path);
  plan.options.epochs = 80;
  plan.options.learning_rate = 2e-2;
  const History history = train(plan);
  CHECK(history.epochs.back().training_loss < 0.6 * history.epochs.front().training_loss);
  CHECK(history.epochs.back().figures.at("dice body") > 0.8);
  CHECK(history.epochs.back().device == "cpu");
  const SafetensorsFile weights(plan.options.output);
  CHECK(weights.metadata().at("kind") == "small");
  CHECK(weights.metadata().at("structure") == "ball");
}

TEST_CASE("a 3-D training goes on from its checkpoint bit for bit") {
  const TemporaryFolder whole_folder, parts_folder;
  VolumeTrainingPlan whole = ball_volume_plan(whole_folder.path);
  VolumeTrainingPlan parts = ball_volume_plan(parts_folder.path);
  whole.options.augmentation.enabled = parts.options.augmentation.enabled = true;
  parts.options.checkpoint_folder = parts_folder.path + "/checkpoints";
  parts.options.resume = true;
  const History expected = train(whole);
  CHECK_THROWS_AS(train(parts, 2), Cancelled);
  const History resumed = train(parts);
  REQUIRE(resumed.epochs.size() == expected.epochs.size());
  for (size_t i = 0; i < expected.epochs.size(); ++i) {
    CHECK(resumed.epochs[i].training_loss == expected.epochs[i].training_loss);
    CHECK(resumed.epochs[i].validation_dice == expected.epochs[i].validation_dice);
  }
  const SafetensorsFile a(whole.options.output), b(parts.options.output);
  for (const std::string& name : a.names()) CHECK(a.tensor(name).equal(b.tensor(name)));
}

TEST_CASE("crops of few slices are not learned from in the CPU's bf16") {
  const TemporaryFolder folder;
  const TrainingDevice device{.bf16 = true};
  VolumeTrainingPlan plan = ball_volume_plan(folder.path);
  plan.options.epochs = 1;
  const History expected = train(plan);
  plan.options.precision = TrainingPrecision::kAuto;
  Run run;
  CHECK(train(plan, run, device).epochs[0].training_loss == expected.epochs[0].training_loss);
  REQUIRE(run.warnings().size() == 1);
  CHECK(run.warnings()[0].code == "BF16_NOT_USED");
  CHECK(SafetensorsFile(plan.options.output).metadata().at("training_options").find(R"("precision":"fp32")") !=
        std::string::npos);
  plan.options.precision = TrainingPrecision::kBf16;
  try {
    train(plan, run, device);
    FAIL("trained in bf16");
  } catch (const Error& error) {
    CHECK(error.code == "INVALID_ARGUMENT");
    CHECK(error.field == "crop_cells");
  }
}

TEST_CASE("the pretrained part begins with given weights, is held fixed first, and learns more slowly then") {
  const TemporaryFolder folder;
  const at::Tensor weight = at::full({4, 3, 1, 3, 3}, 0.1), bias = at::full({4}, 0.2);
  const std::string base = folder.path + "/base.safetensors";
  write_safetensors(base, {{"0.weight", weight}, {"0.bias", bias}}, {});
  VolumeTrainingPlan plan = ball_volume_plan(folder.path);
  plan.options.ema_decay = 0;
  plan.options.base = base;
  plan.options.keep = KeptWeights::kLast;
  const auto change = [&] {
    train(plan);
    return (SafetensorsFile(plan.options.output).tensor("encoder.0.weight") - weight).abs().max().item<float>();
  };
  plan.options.frozen_epochs = 4;
  CHECK(change() == 0);
  plan.options.frozen_epochs = 3;
  plan.options.base_learning_rate_factor = 1e-2;
  const float slowly = change();
  plan.options.base_learning_rate_factor = 1;
  const float quickly = change();
  CHECK(slowly > 0);
  CHECK(quickly > 10 * slowly);

  // And all of it from another network's weights.
  VolumeTrainingPlan further = plan;
  further.options.base.clear();
  further.options.initial = plan.options.output;
  further.options.output = folder.path + "/further.safetensors";
  further.options.frozen_epochs = 4;
  train(further);
  const auto encoder_of = [](const std::string& path) { return SafetensorsFile(path).tensor("encoder.0.weight"); };
  CHECK(encoder_of(further.options.output).equal(encoder_of(plan.options.output)));
  further.options.initial = base;
  CHECK_THROWS_AS(train(further), Error);
}

TEST_CASE("the loss is cross-entropy and a Dice of each structure") {
  const at::Tensor classes = at::tensor({0, 1, 2, 1}, at::kByte).view({1, 1, 2, 2});
  const at::Tensor logits = at::zeros({1, 3, 1, 2, 2});
  VolumeTrainingOptions options;
  const VolumeLoss loss = volume_loss(logits, classes, options);
  CHECK(loss.cross_entropy.item<double>() == doctest::Approx(std::log(3.0)));
  // 500 cells are added above and below.
  const double first = (2 * (2.0 / 3) + 500) / (4.0 / 3 + 2 + 500);
  const double second = (2 * (1.0 / 3) + 500) / (4.0 / 3 + 1 + 500);
  CHECK(loss.dice.item<double>() == doctest::Approx(1 - (first + second) / 2).epsilon(1e-4));
  CHECK(loss.total.item<double>() == doctest::Approx(loss.cross_entropy.item<double>() + loss.dice.item<double>()));
  options.dice_weight = 0;
  CHECK(volume_loss(logits, classes, options).total.item<double>() == doctest::Approx(std::log(3.0)));
}

TEST_CASE("plans of 3-D trainings are checked") {
  const std::string start = R"({"cases": [{"patient": "a", "image": "i", "label": "l"}], "options": {"output": "o")";
  CHECK(code_of_plan(start + R"(, "structures": [{"name": "liver", "values": [1]}]}})") == "nothing thrown");
  // Each case says what counts, which says nothing of which of several it is.
  CHECK(code_of_plan(start + R"(, "structures": [{"name": "liver", "values": []}]}})") == "nothing thrown");
  for (const char* wrong : {R"(}})", R"(, "structures": []}})",
                            R"(, "structures": [{"name": "liver", "values": []}, {"name": "body", "values": [1]}]}})",
                            R"(, "structures": [{"name": "liver", "values": [0]}]}})",
                            R"(, "structures": [{"name": "a", "values": [1]}, {"name": "b", "values": [1]}]}})",
                            R"(, "structures": [{"name": "a", "values": [1]}], "crop_cells": [8, 8]}})"}) {
    CAPTURE(wrong);
    CHECK(code_of_plan(start + wrong) == "INVALID_ARGUMENT");
  }
}
