// Several processes learn what one does.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <mutex>

#include "core/error.h"
#include "lesion_scans.h"
#include "models/weights/safetensors.h"
#include "process_threads.h"
#include "synthetic_scans.h"
#include "temporary_folder.h"
#include "training/loop/optimization.h"
#include "training/tasks/lesions/task.h"
#include "training/tasks/structure/run.h"
#include "training/tasks/structure/task.h"

namespace fs = std::filesystem;
using namespace hepatica;
using namespace hepatica::test;

namespace {

// The gradients and losses of the first steps.
struct Learned {
  std::map<std::string, at::Tensor> gradients;  // of the first step
  std::vector<double> losses;
  std::vector<double> accuracies;
};

Learned learn(const TrainingRunOptions& options, TrainingTask& task, int64_t steps, at::ScalarType dtype, Run& run) {
  at::set_num_threads(1);
  Learned learned;
  task.network().to(dtype);
  RatedAdam adam = make_adam(task, options.learning_rate);
  for (int64_t step = 0; step < steps; ++step) {
    const int64_t of_epoch = step % task.steps_per_epoch();
    task.network().train();
    if (of_epoch == 0) task.begin_epoch(step / task.steps_per_epoch(), run);
    adam.optimizer.zero_grad();
    const auto batch = task.draw(step / task.steps_per_epoch(), of_epoch);
    const int64_t part = BatchShare::part_size(batch->size(), options.accumulation);
    double loss = 0, accuracy = 0;
    for (int64_t begin = 0; begin < batch->size(); begin += part) {
      const int64_t end = std::min(batch->size(), begin + part);
      const PartLoss result = batch->loss(begin, end);
      const double share = static_cast<double>(end - begin) / static_cast<double>(batch->size());
      (result.loss * share).backward();
      loss += share * result.loss.item<double>();
      accuracy += share * result.accuracy.item<double>();
    }
    sum_gradients(task.network(), task.communicator());
    learned.losses.push_back(loss);
    learned.accuracies.push_back(accuracy);
    for (const auto& item : task.network().named_parameters()) {
      if (step == 0 && item.value().grad().defined()) learned.gradients[item.key()] = item.value().grad().clone();
    }
    adam.optimizer.step();
  }
  return learned;
}

// By the largest value, since a gradient of 0 has no relative error. What ends in a batch norm has none: a bias there
// moves all values alike.
void check_same(const Learned& learned, const Learned& expected, double tolerance) {
  REQUIRE(learned.gradients.size() == expected.gradients.size());
  for (const auto& [name, gradient] : expected.gradients) {
    INFO(name);
    const double scale = gradient.abs().max().item<double>();
    CHECK((learned.gradients.at(name) - gradient).abs().max().item<double>() <= tolerance * scale);
  }
  for (size_t i = 0; i < expected.losses.size(); ++i) {
    INFO(i);
    CHECK(std::abs(learned.losses[i] - expected.losses[i]) <= tolerance * expected.losses[i]);
    CHECK(std::abs(learned.accuracies[i] - expected.accuracies[i]) <= 1e-3);
  }
}

// In double, unless told otherwise: of ten thousands of maxima and of values that are positive or not, some are decided
// by the last digit of fp32, which depends on how many items are computed at once. On these small scans one such
// decision is a hundredth of a gradient: one process whose weights are changed by a millionth goes as far from itself.
template <class MakeTask>
void check_processes(int count, int64_t steps, const TrainingRunOptions& options, const MakeTask& make_task,
                     at::ScalarType dtype = at::kDouble) {
  Run alone;
  const Learned expected = learn(options, *make_task(alone), steps, dtype, alone);
  std::vector<Learned> learned(static_cast<size_t>(count));
  std::mutex one_at_a_time;  // the first weights are drawn from torch's one generator
  run_processes(count, [&](Communicator& communicator, Run& run) {
    std::unique_ptr<TrainingTask> task;
    {
      const std::lock_guard lock(one_at_a_time);
      task = make_task(run);
    }
    task->join(communicator);
    learned[static_cast<size_t>(communicator.rank())] = learn(options, *task, steps, dtype, run);
  });
  for (const Learned& one : learned) check_same(one, expected, dtype == at::kDouble ? 1e-6 : 1e-4);
}

StructureTrainingOptions structure_options() {
  StructureTrainingOptions options = ball_plan("").options;
  options.precision = TrainingPrecision::kFp32;
  options.learning_rate = 1e-3;
  options.batch_size = 5;  // of 12 slices: the last mini-batch of an epoch has two
  return options;
}

const std::vector<GridScan>& balls() {
  static const std::vector<GridScan> scans = ball_scans(2, false);
  return scans;
}

void check_structure(int count, const StructureTrainingOptions& options, at::ScalarType dtype = at::kDouble) {
  const auto make_task = [&](Run& run) -> std::unique_ptr<TrainingTask> {
    return std::make_unique<StructureTask>(options, small_config(), balls(), std::span<const GridScan>(),
                                           TrainingDevice{}, run);
  };
  check_processes(count, 20, options, make_task, dtype);
}

}  // namespace

TEST_CASE("a mini-batch is shared among processes part by part, each item once") {
  run_processes(3, [](Communicator& communicator, Run&) {
    const BatchShare share(8, 2, communicator);
    const std::vector<int64_t> expected[] = {{0, 4}, {1, 5}, {2, 3, 6, 7}};
    CHECK(share.items() == expected[communicator.rank()]);
    CHECK(share.size() == 8);
    const BatchShare::Range second = share.own(4, 8);
    CHECK(second.begin == (communicator.rank() == 2 ? 2 : 1));
    CHECK(second.end == static_cast<int64_t>(share.items().size()));
  });
}

TEST_CASE("two processes of half a mini-batch learn what one of the whole one does") {
  StructureTrainingOptions options = structure_options();
  check_structure(2, options);
  options.dice_weight = 0.5;
  options.positive_weight = 2;
  options.accumulation = 2;
  check_structure(2, options);
}

TEST_CASE("two processes of 16 items learn in fp32 what one of 32 does") {
  StructureTrainingOptions options = structure_options();
  options.batch_size = 32;
  options.slices_per_epoch = 64;
  check_structure(2, options, at::kFloat);
}

TEST_CASE("three processes learn what one does, where one of them has no item of a mini-batch") {
  check_structure(3, structure_options());
}

TEST_CASE("two processes learn lesions and their types as one does") {
  LesionTrainingOptions options = lesion_plan("").options;
  options.precision = TrainingPrecision::kFp32;
  options.learning_rate = 1e-3;
  options.synthetic_per_scan = 0;
  options.batch_size = 4;
  // One has no type: mini-batches in which one process has nothing to classify come about.
  const LesionTrainingScans training = {
      real_lesion_scans({lesion_source("a", 20), lesion_source("b", 28, 5, LesionType::kUnknown)}), {}};
  LesionStart start;
  start.config = small_lesion_config();
  check_processes(2, 20, options, [&](Run& /*run*/) -> std::unique_ptr<TrainingTask> {
    return std::make_unique<LesionTask>(options, start, training, std::span<const LesionScan>(), TrainingDevice{});
  });
}

TEST_CASE("a run goes on with another number of processes, and its validation is shared") {
  const TemporaryFolder alone_folder, folder;
  const auto train = [](const StructureTrainingPlan& plan, Communicator& communicator, Run& run) {
    static const std::vector<GridScan> validation = ball_scans(3, true);
    run.threads = 1;
    return run_training(
        plan, small_config(), balls(), validation, {}, communicator, [](const std::string&) {}, run);
  };
  const auto plan_in = [](const TemporaryFolder& place) {
    StructureTrainingPlan plan = ball_plan(place.path);
    plan.options.precision = TrainingPrecision::kFp32;
    plan.options.checkpoint_folder = place.path + "/checkpoints";
    plan.options.resume = true;
    plan.options.epochs = 4;
    return plan;
  };
  Run run;
  const StructureTrainingPlan alone = plan_in(alone_folder);
  const History expected = train(alone, *one_process(), run);
  StructureTrainingPlan plan = plan_in(folder);
  std::vector<History> histories(3);
  for (const auto& [epochs, count] : std::map<int64_t, int>{{1, 1}, {2, 2}, {3, 3}}) {
    plan.options.epochs = epochs;
    run_processes(count, [&](Communicator& communicator, Run& own) {
      histories[static_cast<size_t>(communicator.rank())] = train(plan, communicator, own);
    });
  }
  plan.options.epochs = 4;
  const History history = train(plan, *one_process(), run);
  REQUIRE(history.epochs.size() == 4);
  for (size_t i = 0; i < 4; ++i) {
    const EpochRecord &a = history.epochs[i], &b = expected.epochs[i];
    CHECK(a.training_loss == doctest::Approx(b.training_loss).epsilon(1e-3));
    CHECK(*a.validation_loss == doctest::Approx(*b.validation_loss).epsilon(1e-3));
    REQUIRE(a.patients.size() == 3);
    for (size_t p = 0; p < 3; ++p) {
      CHECK(a.patients[p].patient == b.patients[p].patient);
      CHECK(a.patients[p].dice == doctest::Approx(b.patients[p].dice).epsilon(0.02));
    }
  }
  // All processes of the third epoch have the figures of all patients.
  CHECK(*histories[1].epochs[2].score == *histories[0].epochs[2].score);
  CHECK(histories[2].epochs[2].patients[0].dice == histories[0].epochs[2].patients[0].dice);
  CHECK(fs::exists(plan.options.output));
}
