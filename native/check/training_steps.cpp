#include "check/training_steps.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "check/cases.h"
#include "check/compare.h"
#include "check/precisions.h"
#include "check/steps.h"
#include "training/loop/optimization.h"
#include "training/tasks/lesions/loss.h"
#include "training/tasks/structure/segmentation_loss.h"

namespace hepatica::check {
namespace {

constexpr int kSteps = 20;
constexpr int64_t kBatch = 8;
constexpr double kLearningRate = 1e-3;

using Training = std::function<StepLog(at::Device device, at::ScalarType dtype, double learning_rate)>;

double worst_loss_error(const StepLog& found, const StepLog& expected) {
  double worst = 0;
  for (size_t i = 0; i < expected.losses.size(); ++i) {
    worst = std::max(worst, std::abs(found.losses[i] - expected.losses[i]) / std::abs(expected.losses[i]));
  }
  return worst;
}

void compare_runs(const std::string& name, const Training& train, const Target& target, const std::string& planted,
                  Report& report) {
  const StepLog expected = train(at::kCPU, at::kFloat, kLearningRate);
  report.figure(name + " on the CPU: loss of the first and last step",
                number(expected.losses.front()) + ", " + number(expected.losses.back()));
  const double rate = target.plants(planted) ? 1.05 * kLearningRate : kLearningRate;
  // Operations that cannot be deterministic are named, then used: their errors are of interest all the same.
  require_determinism(false);
  bool strict = true;
  report.attempt(name + ": only deterministic operations", [&] {
    strict = false;
    train(target.device, at::kFloat, rate);
    strict = true;
  });
  require_determinism(!strict);
  const StepLog found = train(target.device, at::kFloat, rate);
  report.at_most(name + ", fp32: relative error of the first loss",
                 std::abs(found.losses[0] - expected.losses[0]) / std::abs(expected.losses[0]), 1e-5);
  report.at_most(name + ", fp32: relative error of the worst gradient of the first step",
                 relative_error(found.gradients, expected.gradients), 1e-3);
  report.at_most(name + ", fp32: relative error of the worst of " + std::to_string(kSteps) + " losses",
                 worst_loss_error(found, expected), 1e-2);
  const StepLog again = train(target.device, at::kFloat, rate);
  const bool same = same_bytes(found.weights, again.weights) && found.losses == again.losses;
  report.verdict(name + ", fp32: trained twice", same ? "the same bytes" : "other bytes", "the same bytes", same);
  const StepLog half = train(target.device, at::kBFloat16, rate);
  report.at_most(name + ", bf16: relative error of the worst of " + std::to_string(kSteps) + " losses",
                 worst_loss_error(half, expected), 0.1);
  const StepLog half_again = train(target.device, at::kBFloat16, rate);
  const bool half_same = same_bytes(half.weights, half_again.weights);
  report.verdict(name + ", bf16: trained twice", half_same ? "the same bytes" : "other bytes", "the same bytes",
                 half_same);
  require_determinism(false);
}

// Items of step `step`: all are met in turn.
at::Tensor items_of(int step, int64_t count) {
  return at::arange(step * kBatch, (step + 1) * kBatch, at::kLong).remainder(count).mul(7).remainder(count);
}

}  // namespace

void check_liver_training(const Target& target, Report& report) {
  report.heading("Training the liver network on the device against the CPU");
  const LiverCase data = make_liver_case(target.weights);
  const Training train = [&](at::Device device, at::ScalarType dtype, double rate) {
    LiverCnn network = seeded_network<LiverCnn>(data.model->config(), 3);
    network->to(device);
    return train_steps(*network, kSteps, rate, [&](int step) {
      const at::Tensor items = items_of(step, data.channels.size(0));
      const at::Tensor channels =
          data.channels.index_select(0, items).contiguous(at::MemoryFormat::ChannelsLast).to(device);
      at::Tensor logits;
      {
        const DeviceAutocast autocast(device, dtype);
        logits = network->forward_channels(channels);
      }
      return segmentation_loss(at::log_softmax(logits, 1), data.target.index_select(0, items).to(device), {});
    });
  };
  compare_runs("liver network", train, target, "liver step", report);
}

void check_lesion_training(const Target& target, Report& report) {
  report.heading("Training the lesion network on the device against the CPU");
  const LesionCaseData data = make_lesion_case();
  const Training train = [&](at::Device device, at::ScalarType dtype, double rate) {
    MdlCnn network = seeded_network<MdlCnn>(data.config, 3);
    network->to(device);
    const LesionTrainingOptions options;
    return train_steps(*network, kSteps, rate, [&](int step) {
      const at::Tensor items = items_of(step, data.batch.region.size(0));
      const auto part = [&](const at::Tensor& whole) { return whole.index_select(0, items).to(device); };
      const LesionBatch batch{part(data.batch.region), part(data.batch.liver), part(data.batch.lesion),
                              part(data.batch.types)};
      const at::Tensor classified = classified_items(batch.types, options);
      MdlOutput output;
      {
        const DeviceAutocast autocast(device, dtype);
        output = network->forward(batch.region, classified);
      }
      return lesion_loss(output, classified, batch, options).total;
    });
  };
  compare_runs("lesion network", train, target, "lesion step", report);
}

}  // namespace hepatica::check
