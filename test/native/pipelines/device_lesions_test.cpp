// The lesion network's road on a GPU, gone without a GPU.
#include <doctest/doctest.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "../noisy_scans.h"
#include "core/error.h"
#include "models/mdl_cnn/module.h"
#include "pipelines/classify_lesions.h"
#include "pipelines/predict_lesions.h"
#include "pretended_gpu.h"

using namespace hepatica;

namespace {

// Of the order that training leaves, so that no layer's values vanish or grow without end.
void add_second(MdlCnnConfig& config, StateDict& state) {
  config.location3d = Lesion3dConfig{.wide = 8, .middle = 8, .fine = 8, .share = 0.5};
  for (const RecordedConv& recorded : lesion3d_layers(*config.location3d)) {
    for (const auto& [name, shape] : state_shapes({recorded})) {
      const torch::Tensor drawn = torch::randn(shape);
      const auto inputs = static_cast<double>(drawn.numel() / recorded.layer.out);
      if (shape.size() > 1) state[name] = drawn * std::sqrt(1.5 / inputs);
      if (shape.size() == 1) state[name] = torch::rand(shape) + 0.5;
    }
  }
}

LesionModel random_model(bool with_second = false) {
  MdlCnnConfig config;
  config.location_width = 16;
  config.channels = {RegionChannel::kEqualized, RegionChannel::kRelative};
  config.threshold = 0.5;
  config.minimum_ml = 0;
  torch::manual_seed(11);
  StateDict state = MdlCnn(config)->state_dict();
  if (with_second) add_second(config, state);
  return {config, {}, "liver", std::move(state)};
}

LesionClassification classify(const ScanWithLiver& scan, const LesionModel& model, const DeviceChoice& device,
                              Run& run) {
  ClassifyOptions options;
  options.device = device;
  options.precision = PrecisionChoice::kFp32;
  return classify_lesions(scan.volume, scan.liver, model, options, run);
}

}  // namespace

TEST_CASE("a GPU's maps of lesions are the CPU's") {
  const PretendedGpu gpu;
  const ScanWithLiver scan = noisy_liver(2.5, 45);
  const LesionModel model = random_model();
  const auto maps_on = [&](const ComputeDevice& device) {
    Run run;
    return predict_lesions(scan.volume, scan.liver, model, device, {}, run).maps;
  };
  const LesionMaps expected = maps_on(ComputeDevice::cpu());
  const LesionMaps found = maps_on(Devices::of_process().gpus[0]);
  REQUIRE(found.location.size() == expected.location.size());
  REQUIRE_FALSE(found.location.empty());
  const auto largest_difference = [](const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
    int largest = 0;
    for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(int{a[i]} - int{b[i]}));
    return largest;
  };
  // A byte of the pictures may be rounded the other way.
  CHECK(largest_difference(found.location, expected.location) <= 3);
  for (size_t type = 0; type < kLesionTypes; ++type) {
    CHECK(largest_difference(found.classes[type], expected.classes[type]) <= 3);
  }
}

TEST_CASE("a GPU's 3-D network says what the CPU's does, in the liver's box") {
  const PretendedGpu gpu;
  const ScanWithLiver scan = noisy_liver(2.5, 45);
  const LesionModel model = random_model(true);
  const auto cells_on = [&](const ComputeDevice& device) {
    Run run;
    LesionCells cells = predict_lesions(scan.volume, scan.liver, model, device, {}, run).cells;
    CHECK(run.timings_ms().contains("lesion_network_3d"));
    return cells;
  };
  const LesionCells expected = cells_on(ComputeDevice::cpu());
  const LesionCells found = cells_on(Devices::of_process().gpus[0]);
  REQUIRE(found.box == expected.box);
  REQUIRE(found.probability.size() == static_cast<size_t>(found.box.cells()));
  const auto [lowest, highest] = std::minmax_element(found.probability.begin(), found.probability.end());
  CHECK(*highest - *lowest > 0.01);
  for (size_t i = 0; i < found.probability.size(); ++i) {
    REQUIRE(found.probability[i] == doctest::Approx(expected.probability[i]).epsilon(1e-3));
  }
  Run run;
  const Mask nothing{scan.liver.geometry, std::vector<uint8_t>(scan.liver.voxels.size())};
  CHECK(predict_lesions(scan.volume, nothing, model, ComputeDevice::cpu(), {}, run).cells.probability.empty());
}

TEST_CASE("lesions are classified on the GPU, and no warning tells of the CPU") {
  const PretendedGpu gpu;
  const ScanWithLiver scan = noisy_liver(2.5, 45);
  Run run;
  classify(scan, random_model(), DeviceChoice::kAuto, run);
  CHECK(run.device_used() == "cuda:0 pretended");
  CHECK_FALSE(has(codes(run), "GPU_NOT_USED"));
}

TEST_CASE("where memory runs out halfway, auto gives the CPU's lesions, and a GPU that was asked for is an error") {
  const PretendedGpu gpu;
  const ScanWithLiver scan = noisy_liver(2.5, 45);
  const LesionModel model = random_model();
  Run on_cpu;
  const LesionClassification expected = classify(scan, model, DeviceChoice::kCpu, on_cpu);
  Run run(run_out_halfway("classifying"));
  const LesionClassification found = classify(scan, model, DeviceChoice::kAuto, run);
  CHECK(found.mask.voxels == expected.mask.voxels);
  CHECK(found.lesions.size() == expected.lesions.size());
  CHECK(run.device_used() == "cpu");
  CHECK(has(codes(run), "GPU_NOT_USED"));
  Run refused(run_out_halfway("classifying"));
  CHECK_THROWS_AS(classify(scan, model, DeviceChoice::kCuda, refused), Error);
}
