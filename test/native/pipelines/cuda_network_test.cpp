// The networks on a GPU: needs a device, the kernel library, and a libtorch built for CUDA; counted as skipped
// elsewhere.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "models/liver_cnn/module.h"
#include "pipelines/predict_structure.h"

using namespace hepatica;

namespace {

// The programs of the tests lie in a folder without the kernel library; the name counts from the first use on.
const bool kLibraryNamed = setenv("HEPATICA_CUDA_LIBRARY", HEPATICA_RELEASED_CUDA_LIBRARY, 0) == 0;

// Every form of input that the network has: neighbouring slices, coordinates.
SegmenterModel random_model(Equalization equalization) {
  LiverCnnConfig config;
  config.context_mm = {-5, 0, 5};
  config.subsampling = 3;
  config.kernels = {3, 3, 3};
  config.head_kernel = 3;
  at::manual_seed(11);
  LiverCnn net(config);
  PreprocessOptions preprocessing;
  preprocessing.equalization = equalization;
  return {config, preprocessing, "liver", net->state_dict()};
}

Volume noisy_body() {
  Volume volume;
  volume.geometry.size = {70, 62, 9};
  volume.geometry.spacing_mm = {3.1, 3.3, 5};
  std::vector<int16_t> hu(static_cast<size_t>(volume.geometry.voxel_count()));
  uint32_t state = 3;
  for (size_t i = 0; i < hu.size(); ++i) {
    const auto x = static_cast<double>(i % 70) - 35;
    const auto y = static_cast<double>(i / 70 % 62) - 31;
    state = state * 1664525u + 1013904223u;
    hu[i] = static_cast<int16_t>(x * x / 900 + y * y / 700 < 1 ? static_cast<int>(state >> 25) : -1000);
  }
  volume.hu = std::move(hu);
  return volume;
}

ProbabilityMap predict(const SegmenterModel& model, const ComputeDevice& device, PrecisionChoice precision) {
  Run run;
  return predict_structure(noisy_body(), model, device, precision, run).probabilities;
}

int largest_difference(const ProbabilityMap& a, const ProbabilityMap& b) {
  REQUIRE(a.probability.size() == b.probability.size());
  int largest = 0;
  for (size_t i = 0; i < a.probability.size(); ++i) {
    largest = std::max(largest, std::abs(int{a.probability[i]} - int{b.probability[i]}));
  }
  return largest;
}

}  // namespace

TEST_CASE("the network gives on a GPU what it gives on the CPU, and the same bytes twice") {
  REQUIRE(kLibraryNamed);
  const Devices& devices = Devices::of_process();
  if (devices.gpus.empty() || !devices.network_reason.empty()) {
    MESSAGE("skipped: needs a GPU and a libtorch built for CUDA (" << devices.reason << devices.network_reason << ")");
    return;
  }
  const ComputeDevice& gpu = devices.gpus[0];
  for (const Equalization equalization : {Equalization::kGlobal, Equalization::kClahe, Equalization::kNone}) {
    const SegmenterModel model = random_model(equalization);
    const ProbabilityMap expected = predict(model, ComputeDevice::cpu(), PrecisionChoice::kFp32);
    // Of 255: sums in another order. Half the mantissa of bf16 is 1/256 of each sum.
    const ProbabilityMap found = predict(model, gpu, PrecisionChoice::kFp32);
    CHECK(largest_difference(found, expected) <= 2);
    CHECK(found.probability == predict(model, gpu, PrecisionChoice::kFp32).probability);
    if (gpu.bf16) CHECK(largest_difference(predict(model, gpu, PrecisionChoice::kBf16), expected) <= 16);
    if (gpu.tf32) CHECK(largest_difference(predict(model, gpu, PrecisionChoice::kTf32), expected) <= 16);
  }
}
