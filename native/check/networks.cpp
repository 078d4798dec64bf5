#include "check/networks.h"

#include <ATen/ATen.h>

#include <array>
#include <memory>
#include <string>

#include "check/cases.h"
#include "check/compare.h"
#include "models/layers/folded_layers.h"
#include "models/liver_cnn/network.h"
#include "models/mdl_cnn/inference.h"
#include "models/mdl_cnn/network.h"

namespace hepatica::check {
namespace {

struct Arithmetic {
  const char* name;
  at::ScalarType dtype;
  double error;  // of probabilities, relative
};

constexpr std::array<Arithmetic, 3> kArithmetics = {
    {{"fp32", at::kFloat, 1e-4}, {"bf16", at::kBFloat16, 0.05}, {"fp16", at::kHalf, 0.01}}};

// A planted error: a kernel's weights a little larger.
StateDict with_planted_error(const StateDict& state, const std::string& name) {
  StateDict changed = state;
  changed.at(name) = state.at(name) * 1.01;
  return changed;
}

// What inference runs on a device, the CPU in its place too.
std::unique_ptr<Layers> folded(const RecordedLayers& layers, const StateDict& state, const Target& target,
                               at::ScalarType dtype) {
  return std::make_unique<FoldedLayers>(layers, state, target.device, dtype);
}

void compare_maps(const LiverCase& data, const LiverCnnInference& network, const Target& target,
                  const std::string& name, double limit, Report& report) {
  Run run;
  const ProbabilityMap expected = data.model->inference(at::kCPU, Precision::kFp32).predict(data.input, run);
  const ProbabilityMap found = network.predict(data.equalized.to(target.device), data.geometry, data.input, run);
  const Mask expected_mask = threshold_on_source_grid(expected, data.model->config(), data.geometry, run);
  const Mask found_mask = threshold_on_source_grid(found, data.model->config(), data.geometry, run);
  int64_t inside = 0;
  int64_t different = 0;
  for (size_t i = 0; i < expected_mask.voxels.size(); ++i) {
    inside += expected_mask.voxels[i];
    different += expected_mask.voxels[i] != found_mask.voxels[i];
  }
  const double share = static_cast<double>(different) / static_cast<double>(inside);
  report.verdict("liver mask of the phantom, " + name,
                 std::to_string(different) + " of " + std::to_string(inside) + " voxels differ",
                 "at most " + number(100 * limit) + " %", share <= limit);
}

}  // namespace

void check_liver_network(const Target& target, Report& report) {
  report.heading("Liver network on the device against the CPU (oneDNN, fp32)");
  const LiverCase data = make_liver_case(target.weights);
  const LiverCnnConfig& config = data.model->config();
  const at::Tensor expected = data.model->inference(at::kCPU, Precision::kFp32).forward(data.channels);
  report.figure("phantom", "slices of the canvas " + std::to_string(expected.size(2)) + "×" +
                               std::to_string(expected.size(3)) + ", mean probability " +
                               number(expected.mean().item<double>()));
  StateDict state = data.model->state();
  if (target.plants("liver network")) state = with_planted_error(state, "conv2.weight");
  for (const Arithmetic& arithmetic : kArithmetics) {
    const std::string name = std::string("liver network, ") + arithmetic.name;
    report.attempt(name, [&] {
      const LiverCnnInference network(config, folded(liver_cnn_layers(config), state, target, arithmetic.dtype),
                                      target.device, arithmetic.dtype);
      const at::Tensor found = network.forward(data.channels.to(target.device));
      report.at_most(name + ": relative error of the probabilities", relative_error(found, expected), arithmetic.error);
      report.figure(name + ": largest difference of a probability", number(largest_difference(found, expected)));
      const at::Tensor again = network.forward(data.channels.to(target.device));
      report.verdict(name + ": twice", at::equal(found, again) ? "the same bytes" : "other bytes", "the same bytes",
                     at::equal(found, again));
      compare_maps(data, network, target, arithmetic.name, arithmetic.dtype == at::kFloat ? 1e-4 : 0.01, report);
    });
  }
}

void check_lesion_network(const Target& target, Report& report) {
  report.heading("Lesion network on the device against the CPU (oneDNN, fp32)");
  const LesionCaseData data = make_lesion_case();
  StateDict state = trained_looking_network(data.config)->state_dict();
  const MdlCnnInference reference(data.config, state, at::kCPU, Precision::kFp32);
  const MdlCnnInference::Probabilities expected = reference.forward(data.batch.region);
  if (target.plants("lesion network")) state = with_planted_error(state, "class4.conv.weight");
  for (const Arithmetic& arithmetic : kArithmetics) {
    const std::string name = std::string("lesion network, ") + arithmetic.name;
    report.attempt(name, [&] {
      const MdlCnnInference network(data.config, folded(mdl_cnn_layers(data.config), state, target, arithmetic.dtype),
                                    target.device);
      const MdlCnnInference::Probabilities found = network.forward(data.batch.region);
      report.at_most(name + ": relative error of the lesions' probability",
                     relative_error(found.location, expected.location), arithmetic.error);
      report.at_most(name + ": relative error of the classes' probabilities",
                     relative_error(found.classes, expected.classes), arithmetic.error);
      const MdlCnnInference::Probabilities again = network.forward(data.batch.region);
      const bool same = at::equal(found.location, again.location) && at::equal(found.classes, again.classes);
      report.verdict(name + ": twice", same ? "the same bytes" : "other bytes", "the same bytes", same);
    });
  }
}

}  // namespace hepatica::check
