#include "check/training.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>

#include "check/compare.h"
#include "check/learners.h"
#include "check/measure.h"

namespace hepatica::check {
namespace {

constexpr double kLearningRate = 1e-3;
// A planted error in a step.
constexpr double kPlantedFactor = 1.05;

// Of a step from the CPU's weights.
constexpr double kLossError = 2e-5;
constexpr double kGradientError = 2e-3;
constexpr double kUpdateError = 1e-3;
constexpr double kBf16LossError = 0.05;
// Deep networks with their first weights have little but rounding in it: 1 is a gradient of nothing.
constexpr double kBf16GradientError = 1;
// Of twenty steps of its own: so many times what another order of adding up changes on the CPU, or so much.
constexpr double kDriftFactor = 5;
constexpr double kLeastDrift = 0.01;

// Infinite for what is no number: the largest of several would not be it otherwise.
double difference(double found, double expected) {
  const double error = std::abs(found - expected) / std::abs(expected);
  return error >= 0 ? error : std::numeric_limits<double>::infinity();
}

double worst_difference(const Steps& found, const Steps& expected) {
  double worst = 0;
  for (size_t i = 0; i < expected.steps.size(); ++i) {
    worst = std::max(worst, difference(found.steps[i].loss, expected.steps[i].loss));
  }
  return worst;
}

StateDict change(const StateDict& after, const StateDict& before) {
  StateDict changes;
  for (const auto& [name, tensor] : before) {
    if (tensor.is_floating_point() && name.find("running_") == std::string::npos)
      changes[name] = after.at(name) - tensor;
  }
  return changes;
}

void check_single_steps(const std::string& name, const Learner& on_device, const Steps& expected, bool bf16,
                        Report& report) {
  double loss_error = 0;
  double gradient_error = 0;
  for (size_t i = 0; i < expected.steps.size(); ++i) {
    const Step found = repeat(on_device, expected.steps[i], static_cast<int>(i));
    loss_error = std::max(loss_error, difference(found.loss, expected.steps[i].loss));
    gradient_error = std::max(gradient_error, relative_error(found.gradients, expected.steps[i].gradients));
  }
  const std::string steps = std::to_string(expected.steps.size()) + " steps from the CPU's weights";
  report.at_most(name + ": worst loss of " + steps, loss_error, bf16 ? kBf16LossError : kLossError);
  if (bf16) return report.at_most(name + ": worst gradient of " + steps, gradient_error, kBf16GradientError);
  report.at_most(name + ": worst gradient of " + steps, gradient_error, kGradientError);
}

void check_repeats(const std::string& name, const LearnerCase& learner, const TrainingDevice& device, int steps,
                   const Steps& expected, double drift, Report& report) {
  const Steps once = train(learner.make(device, {}), steps, kLearningRate);
  const Steps twice = train(learner.make(device, {}), steps, kLearningRate);
  const double found = worst_difference(once, expected);
  const std::string what = name + ": worst loss of " + std::to_string(steps) + " steps of its own";
  if (device.bf16) {
    report.figure(what, number(found));
  } else {
    report.figure(what + ", the CPU with its items in another order", number(drift));
    report.at_most(what, found, std::max(kLeastDrift, kDriftFactor * drift));
  }
  report.same_bytes(name + ": trained twice", same_bytes(once.after, twice.after) && once.losses() == twice.losses());
}

void check_learner(const LearnerCase& learner, const Target& target, Report& report) {
  const int steps = target.quick ? 3 : 20;
  const TrainingDevice cpu = training_device(at::kCPU, false);
  const Steps expected = train(learner.make(cpu, {}), steps, kLearningRate);
  const double drift = worst_difference(train(learner.make(cpu, {.reversed = true}), steps, kLearningRate), expected);
  report.figure(learner.name + " on the CPU: first and last loss",
                number(expected.steps.front().loss) + ", " + number(expected.steps.back().loss));
  bool deterministic = false;
  report.attempt(learner.name + ": only deterministic operations", [&] {
    const Determinism determinism;
    train(learner.make(training_device(target.device, false), {}), 1, kLearningRate);
    deterministic = true;
  });
  const Determinism determinism(!deterministic);
  for (const bool bf16 : {false, true}) {
    const std::string name = learner.name + (bf16 ? ", bf16" : ", fp32");
    const TrainingDevice device = training_device(target.device, bf16);
    check_single_steps(name, learner.make(device, {}), expected, bf16, report);
    check_repeats(name, learner, device, steps, expected, drift, report);
  }
  const Step& first = expected.steps.front();
  const double rate = kLearningRate * (target.plants(learner.name + " step") ? kPlantedFactor : 1);
  const StateDict found = first_update(learner.make(training_device(target.device, false), {}), first, rate);
  const StateDict wanted = first_update(learner.make(cpu, {}), first, kLearningRate);
  report.at_most(learner.name + ": Adam's step with the CPU's gradients",
                 relative_error(change(found, first.before), change(wanted, first.before)), kUpdateError);
}

void time_learner(const LearnerCase& learner, const Target& target, bool bf16, Report& report) {
  const Learner made = learner.make(training_device(target.device, bf16), {});
  torch::optim::Adam adam(made.network->parameters(), torch::optim::AdamOptions(kLearningRate));
  const auto step = [&](int index) {
    adam.zero_grad();
    made.loss(index).backward();
    adam.step();
  };
  forget_peak_memory(target);
  step(0);
  if (!target.quick) step(1);
  target.synchronize();
  const int steps = target.quick ? 1 : target.on_gpu() ? 20 : 2;
  const auto start = std::chrono::steady_clock::now();
  for (int index = 0; index < steps; ++index) step(index);
  target.synchronize();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.figure(learner.name + ", batch " + std::to_string(learner.batch) + (bf16 ? ", bf16" : ", fp32"),
                with_unit(static_cast<double>(learner.batch * steps) / seconds, "items/s, ") +
                    with_unit(1e3 * seconds / steps, "ms a step, ") +
                    with_unit(peak_gigabytes(target), "GB of tensors at most"));
}

}  // namespace

void check_training(const Target& target, Report& report) {
  report.heading("Training on the device against the CPU");
  for (const LearnerCase& learner : list_learners(target, target.quick ? 2 : 8)) {
    // An error is planted in one of them: the others are known.
    if (!target.planted.empty() && !target.plants(learner.name + " step")) continue;
    report.attempt(learner.name, [&] { check_learner(learner, target, report); });
  }
}

void time_training(const Target& target, Report& report) {
  report.heading("Speed of training");
  const Determinism determinism(true);
  for (const LearnerCase& learner : list_learners(target, target.on_gpu() ? 32 : 4)) {
    for (const bool bf16 : {false, true}) {
      report.attempt(learner.name, [&] { time_learner(learner, target, bf16, report); });
    }
  }
}

}  // namespace hepatica::check
