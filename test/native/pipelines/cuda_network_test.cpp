// The networks on a GPU: needs a device, the kernel library, and a libtorch built for CUDA; counted as skipped
// elsewhere.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "../noisy_scans.h"
#include "built_libraries.h"
#include "models/liver_cnn/module.h"
#include "pipelines/predict_structure.h"

using namespace hepatica;

namespace {

// The programs of the tests lie in a folder without the kernel library; the name counts from the first use on.
const bool kLibraryNamed = setenv("HEPATICA_CUDA_LIBRARY", test::released_cuda_library().c_str(), 0) == 0;

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
