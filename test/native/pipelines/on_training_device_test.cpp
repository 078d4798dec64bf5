#include "pipelines/on_training_device.h"

#include <c10/util/Exception.h>
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "../training/synthetic_scans.h"
#include "../training/temporary_folder.h"
#include "core/error.h"
#include "training/tasks/structure/run.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

// A GPU by name alone: the CPU computes.
Devices with_a_gpu() {
  Devices devices;
  devices.gpus.push_back({.index = 0, .label = "cuda:0 A GPU"});
  devices.gpu_expected = true;
  return devices;
}

Devices without_a_gpu() {
  Devices devices;
  devices.reason = "no NVIDIA driver answers";
  return devices;
}

History train_balls(const StructureTrainingPlan& plan, const TrainingDevice& device, const EpochCallback& on_epoch,
                    Run& run) {
  const auto training = ball_scans(2, false);
  const auto validation = ball_scans(1, true);
  return run_training(plan, small_config(), training, validation, device, *one_process(), on_epoch, run);
}

[[noreturn]] void run_out_of_memory() {
  throw c10::OutOfMemoryError({__func__, __FILE__, static_cast<uint32_t>(__LINE__)}, "CUDA out of memory");
}

// What train_on does where the GPU fails after so many epochs.
struct Failing {
  Run run;
  std::vector<std::string> devices;

  History train(const DeviceChoice& choice, int64_t epochs_before, const std::function<void()>& fail) {
    run.threads = 1;
    const ComputeDevice device = choose_training_device(choice, TrainingPrecision::kFp32, run);
    return train_on(
        device, choice, TrainingPrecision::kFp32, *one_process(), [](const std::string&) {}, run,
        [&](const TrainingDevice& where, const EpochCallback& on_epoch) {
          devices.push_back(where.label);
          for (int64_t epoch = 0; epoch < epochs_before; ++epoch) on_epoch("{}");
          if (where.label != "cpu") fail();
          return History{};
        });
  }
};

std::string code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code;
  }
  return "nothing thrown";
}

}  // namespace

TEST_CASE("a training's history says where each epoch ran, and it goes on elsewhere from its checkpoint") {
  const TemporaryFolder folder, whole_folder;
  const Devices devices = with_a_gpu();
  const Devices::StandIn stand_in(devices);
  StructureTrainingPlan plan = ball_plan(folder.path);
  plan.options.checkpoint_folder = folder.path + "/checkpoints";
  plan.options.resume = true;
  Run run;
  run.threads = 1;
  const auto train = [&](const DeviceChoice& choice) {
    const ComputeDevice device = choose_training_device(choice, plan.options.precision, run);
    return train_on(
        device, choice, plan.options.precision, *one_process(), [](const std::string&) {}, run,
        [&](const TrainingDevice& where, const EpochCallback& on_epoch) {
          return train_balls(plan, where, on_epoch, run);
        });
  };
  plan.options.epochs = 2;
  train(DeviceChoice::kCuda);
  plan.options.epochs = 4;
  const History history = train(DeviceChoice::kCpu);
  REQUIRE(history.epochs.size() == 4);
  CHECK(history.epochs[1].device == "cuda:0 A GPU");
  CHECK(history.epochs[2].device == "cpu");

  StructureTrainingPlan whole = ball_plan(whole_folder.path);
  const History expected = train_balls(
      whole, {}, [](const std::string&) {}, run);
  CHECK(history.epochs.back().training_loss == expected.epochs.back().training_loss);
}

TEST_CASE("a GPU that fails at once gives way to the CPU where the choice was left open, and not where it was not") {
  const Devices devices = with_a_gpu();
  const Devices::StandIn stand_in(devices);
  Failing open;
  open.train(DeviceChoice::kAuto, 0, run_out_of_memory);
  CHECK(open.devices == std::vector<std::string>{"cuda:0 A GPU", "cpu"});
  REQUIRE(open.run.warnings().size() == 1);
  CHECK(open.run.warnings()[0].code == "GPU_NOT_USED");
  Failing asked;
  CHECK(code_of([&] { asked.train(DeviceChoice::kCuda, 0, run_out_of_memory); }) == "CUDA_OUT_OF_MEMORY");
}

TEST_CASE("a training that has come further is not begun anew") {
  const Devices devices = with_a_gpu();
  const Devices::StandIn stand_in(devices);
  Failing far;
  CHECK(code_of([&] { far.train(DeviceChoice::kAuto, 1, run_out_of_memory); }) == "CUDA_OUT_OF_MEMORY");
  CHECK(far.devices == std::vector<std::string>{"cuda:0 A GPU"});
  Failing diverged;
  CHECK(code_of([&] {
          diverged.train(DeviceChoice::kAuto, 0, [] { throw Error("TRAINING_DIVERGED", "The loss is not finite"); });
        }) == "TRAINING_DIVERGED");
}

TEST_CASE("a training refuses a device that is not there, and arithmetic that the device has not") {
  Run run;
  {
    const Devices devices = without_a_gpu();
    const Devices::StandIn stand_in(devices);
    CHECK(code_of([&] { choose_training_device(DeviceChoice::kCuda, TrainingPrecision::kAuto, run); }) ==
          "NO_CUDA_DEVICE");
    CHECK(choose_training_device(DeviceChoice::kAuto, TrainingPrecision::kAuto, run).is_cpu());
  }
  const Devices devices = with_a_gpu();
  const Devices::StandIn stand_in(devices);
  CHECK(code_of([&] { choose_training_device(DeviceChoice::kAuto, TrainingPrecision::kBf16, run); }) ==
        "INVALID_ARGUMENT");
}
