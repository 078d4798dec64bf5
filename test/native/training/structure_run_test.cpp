#include "training/tasks/structure/run.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/error.h"
#include "models/postprocessing.h"
#include "models/weights/safetensors.h"
#include "synthetic_scans.h"
#include "temporary_folder.h"

namespace fs = std::filesystem;
using namespace hepatica;
using namespace hepatica::test;

namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class Call>
std::string code_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code;
  }
  return "nothing thrown";
}

History train(const StructureTrainingPlan& plan, int64_t cancel_after_epoch = 0) {
  static const std::vector<GridScan> training = ball_scans(2, false);
  static const std::vector<GridScan> validation = ball_scans(1, true);
  Run run;
  run.threads = 1;
  int64_t epochs = 0;
  return run_training(
      plan, small_config(), training, validation, {}, *one_process(),
      [&](const std::string&) {
        if (++epochs == cancel_after_epoch) run.cancel();
      },
      run);
}

}  // namespace

TEST_CASE("an architecture says what differs from the default network") {
  StructureTrainingOptions options;
  CHECK(training_config(options) == LiverCnnConfig{});
  options.architecture = R"({"dilations": [1, 1, 2], "threshold": 0.4})";
  LiverCnnConfig expected;
  expected.dilations = {1, 1, 2};
  expected.threshold = 0.4;
  CHECK(training_config(options) == expected);
  for (const char* wrong : {R"({"layers": 3})", R"({"passes": 2})", "[]", "{"}) {
    options.architecture = wrong;
    CHECK(code_of([&] { training_config(options); }) == "WRONG_MODEL");
  }
}

TEST_CASE("a small set is learned by heart") {
  const TemporaryFolder folder;
  StructureTrainingPlan plan = ball_plan(folder.path);
  plan.options.epochs = 40;
  plan.options.validation_every = 20;
  const History history = train(plan);
  REQUIRE(history.epochs.size() == 40);
  CHECK(history.epochs.back().training_loss < 0.3 * history.epochs.front().training_loss);
  CHECK(history.best_dice > 0.9);
  CHECK_FALSE(history.epochs.front().validation_dice.has_value());
  const SafetensorsFile weights(plan.options.output);
  CHECK(weights.metadata().at("structure") == "ball");
  CHECK(LiverCnnConfig::from_json(weights.metadata().at("architecture")) == small_config());
  CHECK(weights.metadata().at("validation_patients") == R"(["validation0"])");
}

TEST_CASE("an interrupted and resumed run equals an uninterrupted one bit for bit") {
  const TemporaryFolder whole_folder, parts_folder;
  StructureTrainingPlan whole = ball_plan(whole_folder.path);
  StructureTrainingPlan parts = ball_plan(parts_folder.path);
  whole.options.augmentation.enabled = parts.options.augmentation.enabled = true;
  whole.options.schedule = parts.options.schedule = LearningRateSchedule::kCosine;
  parts.options.checkpoint_folder = parts_folder.path + "/checkpoints";
  parts.options.resume = true;
  const History expected = train(whole);
  CHECK_THROWS_AS(train(parts, 2), Cancelled);
  CHECK_FALSE(fs::exists(parts.options.output));
  CHECK(fs::exists(parts.options.checkpoint_folder + "/best.safetensors"));
  const History resumed = train(parts);
  REQUIRE(resumed.epochs.size() == expected.epochs.size());
  for (size_t i = 0; i < expected.epochs.size(); ++i) {
    CHECK(resumed.epochs[i].training_loss == expected.epochs[i].training_loss);
    CHECK(resumed.epochs[i].validation_loss == expected.epochs[i].validation_loss);
    CHECK(resumed.epochs[i].validation_dice == expected.epochs[i].validation_dice);
  }
  const SafetensorsFile a(whole.options.output), b(parts.options.output);
  for (const std::string& name : a.names()) CHECK(a.tensor(name).equal(b.tensor(name)));
}

TEST_CASE("another seed gives another run") {
  const TemporaryFolder folder;
  StructureTrainingPlan plan = ball_plan(folder.path);
  plan.options.epochs = 1;
  const History first = train(plan);
  plan.options.seed = 1;
  CHECK(train(plan).epochs[0].training_loss != first.epochs[0].training_loss);
}

TEST_CASE("checkpoints that cannot be gone on from") {
  const TemporaryFolder folder;
  StructureTrainingPlan plan = ball_plan(folder.path);
  plan.options.epochs = 1;
  plan.options.checkpoint_folder = folder.path + "/checkpoints";
  train(plan);
  plan.options.resume = true;
  const std::string last = plan.options.checkpoint_folder + "/last.safetensors";

  StructureTrainingPlan other = plan;
  other.options.learning_rate = 5e-4;
  CHECK(code_of([&] { train(other); }) == "CHECKPOINT_MISMATCH");

  const std::string whole = bytes_of(last);
  std::ofstream(last, std::ios::binary | std::ios::trunc) << whole.substr(0, whole.size() / 2);
  CHECK(code_of([&] { train(plan); }) == "CORRUPT_CHECKPOINT");
  std::ofstream(last, std::ios::binary | std::ios::trunc) << "not a checkpoint";
  CHECK(code_of([&] { train(plan); }) == "CORRUPT_CHECKPOINT");
}

TEST_CASE("a training that diverges ends with an error and without weights") {
  // With and without validation, whether the best epoch or the last one is kept.
  for (const KeptWeights keep : {KeptWeights::kBest, KeptWeights::kLast}) {
    for (const int64_t validation_every : {1, 100}) {
      const TemporaryFolder folder;
      StructureTrainingPlan plan = ball_plan(folder.path);
      plan.options.learning_rate = 1e-3;
      // Beyond what float32 holds in a step or two.
      plan.options.positive_weight = 1e38;
      plan.options.keep = keep;
      plan.options.validation_every = validation_every;
      plan.options.checkpoint_folder = folder.path + "/checkpoints";
      CHECK(code_of([&] { train(plan); }) == "TRAINING_DIVERGED");
      CHECK_FALSE(fs::exists(plan.options.output));
      CHECK_FALSE(fs::exists(plan.options.checkpoint_folder + "/best.safetensors"));
    }
  }
}

TEST_CASE("weights call patients as they are published") {
  const TemporaryFolder folder;
  StructureTrainingPlan plan = ball_plan(folder.path);
  plan.options.epochs = 1;
  plan.options.published_patients = {{"training0", "77"}, {"training1", "11"}, {"validation0", "33"}};
  train(plan);
  const std::string bytes = bytes_of(plan.options.output);
  for (const char* name : {"training0", "training1", "validation0"}) CHECK(bytes.find(name) == std::string::npos);
  const Metadata metadata = SafetensorsFile(plan.options.output).metadata();
  CHECK(metadata.at("training_patients") == R"(["11","77"])");
  CHECK(metadata.at("validation_patients") == R"(["33"])");
  CHECK(metadata.at("metrics").find(R"("patient":"33")") != std::string::npos);
}

TEST_CASE("weights keep the postprocessing that was scored, or that the options give") {
  const TemporaryFolder folder;
  StructureTrainingPlan plan = ball_plan(folder.path);
  plan.options.epochs = 1;
  const auto kept = [&](const StructureTrainingPlan& wanted) {
    train(wanted);
    return Postprocessing::of(SafetensorsFile(wanted.options.output).metadata(), "");
  };
  CHECK(SafetensorsFile((train(plan), plan.options.output)).metadata().contains("postprocessing"));
  plan.options.keep = KeptWeights::kLast;
  CHECK(kept(plan) == Postprocessing{});
  plan.options.postprocessing = R"({"components":{"minimumShare":0.2},"fillHoles":false})";
  CHECK(kept(plan) == Postprocessing{KeptComponents::kShare, 0.2, false});
  plan.options.keep = KeptWeights::kBest;
  CHECK(kept(plan) == Postprocessing{KeptComponents::kShare, 0.2, false});
}

TEST_CASE("outputs that cannot be written are refused before training") {
  const TemporaryFolder folder;
  StructureTrainingPlan plan = ball_plan(folder.path);
  std::ofstream(folder.path + "/file") << "in the way";
  plan.options.output = folder.path + "/file/ball.safetensors";
  CHECK(code_of([&] { train(plan); }) == "OUTPUT_UNWRITABLE");
  plan = ball_plan(folder.path);
  plan.options.output = folder.path;
  CHECK(code_of([&] { train(plan); }) == "OUTPUT_UNWRITABLE");
  plan = ball_plan(folder.path);
  plan.options.checkpoint_folder = folder.path + "/file/checkpoints";
  CHECK(code_of([&] { train(plan); }) == "OUTPUT_UNWRITABLE");
}

TEST_CASE("a patient on both sides of the split is refused unless asked for") {
  const TemporaryFolder folder;
  StructureTrainingPlan plan = ball_plan(folder.path);
  plan.options.epochs = 1;
  plan.cases[2].patient = "training0";
  CHECK(code_of([&] { train(plan); }) == "PATIENT_LEAK");
  plan.options.allow_shared_patients = true;
  CHECK_NOTHROW(train(plan));
}
