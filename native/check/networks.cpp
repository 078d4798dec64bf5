#include "check/networks.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <string>

#include "check/compare.h"
#include "check/measure.h"
#include "check/network_list.h"
#include "models/layers/packed_layers.h"

namespace hepatica::check {
namespace {

struct Arithmetic {
  const char* name;
  at::ScalarType dtype;
  double error;  // relative, of what the network says
};

constexpr std::array<Arithmetic, 3> kArithmetics = {
    {{"fp32", at::kFloat, 5e-5}, {"bf16", at::kBFloat16, 0.03}, {"fp16", at::kHalf, 0.005}}};

void check_network(const NetworkCase& network, const Target& target, Report& report) {
  const c10::InferenceMode inference_mode;
  PackedLayers packed(network.layers, network.state, at::kFloat);
  const StateDict expected = network.outputs(packed, network.input);
  for (const Arithmetic& arithmetic : kArithmetics) {
    const std::string name = network.name + ", " + arithmetic.name;
    report.attempt(name, [&] {
      const auto layers = device_layers(network, target, arithmetic.dtype);
      const at::Tensor input = network.input.to(target.device);
      const StateDict found = network.outputs(*layers, input);
      for (const auto& [output, tensor] : expected) {
        report.at_most(name + ": relative error of " + output, relative_error(found.at(output), tensor),
                       arithmetic.error);
        report.figure(name + ": largest difference of " + output, number(largest_difference(found.at(output), tensor)));
      }
      report.same_bytes(name + ": computed twice", same_bytes(found, network.outputs(*layers, input)));
    });
  }
}

std::string shape_text(const at::Tensor& tensor) {
  std::string text;
  for (const int64_t size : tensor.sizes()) text += (text.empty() ? "" : "×") + std::to_string(size);
  return text;
}

}  // namespace

void check_networks(const Target& target, Report& report) {
  report.heading("Networks on the device against the CPU (oneDNN, fp32)");
  const Determinism determinism;
  for (const NetworkCase& network : list_networks(target)) {
    if (!target.planted.empty() && !target.plants(network.name)) continue;
    report.attempt(network.name, [&] { check_network(network, target, report); });
  }
}

void time_networks(const Target& target, Report& report) {
  report.heading("Speed of the networks");
  const Peaks peaks = measure_peaks(target, report);
  const Determinism determinism(true);
  for (const NetworkCase& network : list_networks(target)) {
    for (const bool half : {false, true}) {
      const std::string name = network.name + (half ? ", bf16, " : ", fp32, ") + shape_text(network.input);
      report.attempt(name, [&] {
        const c10::InferenceMode inference_mode;
        const auto layers = device_layers(network, target, half ? at::kBFloat16 : at::kFloat);
        const at::Tensor input = network.input.to(target.device);
        const auto forward = [&] { network.outputs(*layers, input); };
        const double flop = flop_of(forward);
        const double seconds = seconds_of(target, forward);
        report.figure(name, with_unit(1e3 * seconds / static_cast<double>(input.size(0)), "ms an item, ") +
                                with_unit(flop / seconds / 1e12, "TFLOP/s, ") +
                                with_unit(100 * flop / seconds / (half ? peaks.bf16 : peaks.fp32), "% of the product"));
      });
    }
  }
}

}  // namespace hepatica::check
