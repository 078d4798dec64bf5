#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <filesystem>

#include "core/error.h"
#include "lesion_scans.h"
#include "models/lesion_model.h"
#include "models/resnet101/base_weights.h"
#include "models/resnet101/initial_weights.h"
#include "models/weights/safetensors.h"
#include "temporary_folder.h"
#include "training/tasks/lesions/run.h"

namespace fs = std::filesystem;
using namespace hepatica;
using namespace hepatica::test;

namespace {

History train(const LesionTrainingPlan& plan, int64_t cancel_after_epoch = 0) {
  Run run;
  run.threads = 1;
  const SourceReader reader(
      {lesion_source("a", 16), lesion_source("b", 32, 5, LesionType::kMetastasis), lesion_source("v", 24)});
  const LesionStart start = lesion_start(plan.options);
  const MdlCnnConfig& config = start.config;
  check_run(plan, config);
  const LesionTrainingScans training = load_training_scans(plan, reader, config, *one_process(), run);
  const std::vector<LesionScan> validation = load_validation_scans(plan, reader, config, *one_process(), run);
  int64_t epochs = 0;
  return run_training(
      plan, start, training, validation, {}, *one_process(),
      [&](const std::string&) {
        if (++epochs == cancel_after_epoch) run.cancel();
      },
      run);
}

}  // namespace

TEST_CASE("the lesion network learns to find a bright lesion in a liver that it has not seen") {
  const TemporaryFolder folder;
  LesionTrainingPlan plan = lesion_plan(folder.path);
  plan.options.epochs = 24;
  plan.options.learning_rate = 3e-3;
  plan.options.validation_every = 6;
  const History history = train(plan);
  REQUIRE(history.epochs.size() == 24);
  CHECK(history.epochs.back().training_loss < 0.5 * history.epochs.front().training_loss);
  CHECK(history.epochs.back().figures.at("trainingClassLoss") > 0);
  const EpochRecord& best = history.epochs.at(static_cast<size_t>(history.best_epoch - 1));
  CHECK(best.figures.at("realRecall") == 1);
  CHECK(best.validation_dice.value() > 0.5);
  CHECK(best.patients.at(0).patient == "v");
  const auto model = LesionModel::load(plan.options.output);
  CHECK(model->config() == small_lesion_config());
  const SafetensorsFile weights(plan.options.output);
  CHECK(weights.metadata().at("kind") == "mdl_cnn");
  CHECK(MdlCnnConfig::from_json(weights.metadata().at("architecture")) == small_lesion_config());
  CHECK(weights.metadata().at("validation_patients") == R"(["v"])");
}

TEST_CASE("a lesion run with synthetic lesions is resumed bit for bit") {
  const TemporaryFolder whole_folder, parts_folder;
  LesionTrainingPlan whole = lesion_plan(whole_folder.path), parts = lesion_plan(parts_folder.path);
  for (LesionTrainingPlan* plan : {&whole, &parts}) {
    plan->options.epochs = 4;
    plan->options.synthetic_per_scan = 1;
    plan->options.synthetic_refresh_epochs = 3;
    plan->options.synthetic_min_lesions = plan->options.synthetic_max_lesions = 1;
    plan->options.augmentation.enabled = true;
    plan->options.ema_decay = 0.5;
    plan->options.keep = KeptWeights::kLast;
  }
  parts.options.checkpoint_folder = parts_folder.path + "/checkpoints";
  parts.options.resume = true;
  const History expected = train(whole);
  CHECK(expected.best_epoch == 4);
  CHECK_THROWS_AS(train(parts, 2), Cancelled);
  CHECK_FALSE(fs::exists(parts.options.output));
  const History resumed = train(parts);
  REQUIRE(resumed.epochs.size() == 4);
  for (size_t i = 0; i < 4; ++i) {
    CHECK(resumed.epochs[i].training_loss == expected.epochs[i].training_loss);
    CHECK(resumed.epochs[i].figures == expected.epochs[i].figures);
  }
  const SafetensorsFile a(whole.options.output), b(parts.options.output);
  for (const std::string& name : a.names()) CHECK(a.tensor(name).equal(b.tensor(name)));
}

TEST_CASE("a base is held fixed while it is frozen, and learns after that") {
  const TemporaryFolder folder;
  LesionTrainingPlan plan = lesion_plan(folder.path);
  plan.options.base = folder.path + "/base.safetensors";
  plan.options.frozen_epochs = 1;
  plan.options.keep = KeptWeights::kLast;
  at::manual_seed(5);
  TrainedLayers published(resnet101_layers(ResNet101::kStages));
  draw_weights(ResNet101{}, published);
  write_safetensors(plan.options.base, published.state_dict(), {});
  const StateDict first = load_base(plan.options.base, 1).state;
  const auto base_of = [&](int64_t epochs) {
    plan.options.epochs = epochs;
    train(plan);
    const StateDict trained = SafetensorsFile(plan.options.output).tensors();
    StateDict part;
    for (const auto& [name, tensor] : first) part[name] = trained.at("base." + name);
    return part;
  };
  const auto equal = [&](const StateDict& state) {
    return std::all_of(first.begin(), first.end(),
                       [&](const auto& entry) { return state.at(entry.first).equal(entry.second); });
  };
  CHECK(equal(base_of(1)));
  CHECK_FALSE(equal(base_of(2)));
}

TEST_CASE("classes are learned beside a location that stays as it was trained") {
  const TemporaryFolder folder;
  LesionTrainingPlan plan = lesion_plan(folder.path);
  plan.options.keep = KeptWeights::kLast;
  plan.options.class_weight = 0;
  train(plan);
  const StateDict first = SafetensorsFile(plan.options.output).tensors();
  plan.options.initial = folder.path + "/initial.safetensors";
  fs::rename(plan.options.output, plan.options.initial);
  plan.options.class_weight = 1;
  plan.options.freeze = FrozenPart::kLocation;
  train(plan);
  for (const auto& [name, tensor] : SafetensorsFile(plan.options.output).tensors()) {
    const bool same = tensor.equal(first.at(name));
    CHECK_MESSAGE(same == !name.starts_with("class"), name);
  }
  // What stays as it is must go on seeing what it learned from.
  plan.options.preprocess.hu_max = 300;
  CHECK_THROWS_AS(lesion_start(plan.options), Error);
  plan.options.freeze = FrozenPart::kNone;
  CHECK_NOTHROW(lesion_start(plan.options));
}

TEST_CASE("an architecture given beside an initial network says what is otherwise") {
  const TemporaryFolder folder;
  LesionTrainingPlan plan = lesion_plan(folder.path);
  plan.options.epochs = 1;
  train(plan);
  LesionTrainingOptions options;
  options.initial = plan.options.output;
  CHECK(lesion_start(options).config == small_lesion_config());
  CHECK(lesion_start(options).weights.size() == SafetensorsFile(plan.options.output).names().size());
  options.architecture = R"({"threshold": 0.3})";
  MdlCnnConfig changed = small_lesion_config();
  changed.threshold = 0.3;
  CHECK(lesion_start(options).config == changed);
  options.initial.clear();
  MdlCnnConfig beside_default;
  beside_default.threshold = 0.3;
  CHECK(lesion_start(options).config == beside_default);
  for (const char* wrong : {R"({"widths": 3})", R"({"threshold": "high"})", "[]", "{"}) {
    options.architecture = wrong;
    CHECK_THROWS_AS(lesion_start(options), Error);
  }
  // A width that the initial weights do not have.
  plan.options.initial = plan.options.output;
  plan.options.architecture = R"({"location_width": 9})";
  CHECK_THROWS_AS(train(plan), Error);
}

TEST_CASE("a 3-D network of the initial weights is carried along as it is, and cannot come from nowhere") {
  const TemporaryFolder folder;
  LesionTrainingPlan plan = lesion_plan(folder.path);
  plan.options.epochs = 1;
  train(plan);
  const auto trained = LesionModel::load(plan.options.output);
  MdlCnnConfig config = trained->config();
  config.location3d = Lesion3dConfig{.wide = 2, .middle = 2, .fine = 2, .share = 0.5};
  StateDict state = trained->state();
  for (const auto& [name, shape] : state_shapes(lesion3d_layers(*config.location3d))) {
    if (!is_counter(name)) state[name] = at::rand(shape);
  }
  plan.options.initial = folder.path + "/initial.safetensors";
  const LesionModel initial(config, trained->preprocessing(), "liver", state);
  initial.save(plan.options.initial, true);
  plan.options.architecture = R"({"threshold": 0.6})";
  train(plan);
  const auto result = LesionModel::load(plan.options.output);
  CHECK(result->config().location3d == config.location3d);
  CHECK(result->config().threshold == 0.6);
  const StateDict before = SafetensorsFile(plan.options.initial).tensors();
  CHECK(result->state().size() == state.size());
  for (const auto& [name, tensor] : result->state()) {
    if (name.starts_with("location3d.")) CHECK_MESSAGE(tensor.equal(before.at(name)), name);
  }

  plan.options.initial.clear();
  plan.options.architecture = R"({"location3d": {"wide": 2, "middle": 2, "fine": 2, "share": 0.5}})";
  CHECK_THROWS_AS(train(plan), Error);
}

TEST_CASE("another seed gives another lesion run") {
  const TemporaryFolder folder;
  LesionTrainingPlan plan = lesion_plan(folder.path);
  plan.options.epochs = 1;
  const double first = train(plan).epochs[0].training_loss;
  plan.options.seed = 1;
  CHECK(train(plan).epochs[0].training_loss != first);
}

TEST_CASE("a patient on both sides of a lesion run is refused") {
  const TemporaryFolder folder;
  LesionTrainingPlan plan = lesion_plan(folder.path);
  plan.cases[2].patient = "a";
  try {
    train(plan);
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.code == "PATIENT_LEAK");
  }
}
