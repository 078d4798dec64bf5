// A GPU's road from the volume to the result, gone without a GPU: libtorch's CPU stands in the place of its CUDA and,
// where nvcc is installed, the interpreted kernels in the place of the kernels.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "../noisy_scans.h"
#include "core/error.h"
#include "models/liver_cnn/module.h"
#include "models/segmenter_model.h"
#include "pipelines/preload_model.h"
#include "pipelines/preprocess_volume.h"
#include "pipelines/segment_structure.h"
#include "pretended_gpu.h"

using namespace hepatica;

namespace {

SegmenterModel random_model() {
  LiverCnnConfig config;
  config.context_mm = {-5, 0, 5};
  config.subsampling = 3;
  config.kernels = {3, 3, 3};
  config.head_kernel = 3;
  at::manual_seed(11);
  LiverCnn net(config);
  return {config, {}, "liver", net->state_dict()};
}

Segmentation segment(const SegmenterModel& model, const DeviceChoice& device, Run& run) {
  SegmentOptions options;
  options.device = device;
  options.precision = PrecisionChoice::kFp32;
  options.postprocessing = Postprocessing{.components = KeptComponents::kAll, .fill_holes = false};
  return segment_structure(noisy_body(), model, options, run);
}

double dice(const Mask& a, const Mask& b) {
  double common = 0;
  double both = 0;
  for (size_t i = 0; i < a.voxels.size(); ++i) {
    common += a.voxels[i] * b.voxels[i];
    both += a.voxels[i] + b.voxels[i];
  }
  return 2 * common / both;
}

}  // namespace

TEST_CASE("the GPU's road gives what the CPU's gives, and the same bytes twice") {
  const SegmenterModel model = random_model();
  const PretendedGpu gpu;
  Run on_cpu;
  const Segmentation expected = segment(model, DeviceChoice::kCpu, on_cpu);
  REQUIRE(expected.bounding_box);
  CHECK(on_cpu.device_used() == "cpu");
  Run first;
  const Segmentation found = segment(model, DeviceChoice::kAuto, first);
  CHECK(first.device_used() == "cuda:0 pretended");
  CHECK_FALSE(has(codes(first), "GPU_NOT_USED"));
  // Sums in another order: a voxel on the threshold may go over.
  CHECK(dice(found.mask, expected.mask) > 0.999);
  Run second;
  CHECK(segment(model, DeviceChoice::kCuda, second).mask.voxels == found.mask.voxels);
}

TEST_CASE("where memory runs out halfway, auto gives the CPU's bytes and tells the cause") {
  const SegmenterModel model = random_model();
  const PretendedGpu gpu;
  Run on_cpu;
  const Segmentation expected = segment(model, DeviceChoice::kCpu, on_cpu);
  Run run(run_out_halfway("segmenting"));
  const Segmentation found = segment(model, DeviceChoice::kAuto, run);
  CHECK(found.mask.voxels == expected.mask.voxels);
  CHECK(run.device_used() == "cpu");
  std::vector<std::string> expected_codes = codes(on_cpu);
  for (const Warning& warning : run.warnings()) {
    if (warning.code != "GPU_NOT_USED") continue;
    CHECK(warning.message.find("cuda:0 pretended: CUDA out of memory") != std::string::npos);
    expected_codes.push_back(warning.code);
  }
  CHECK(expected_codes.size() == codes(on_cpu).size() + 1);
  CHECK(codes(run).size() == expected_codes.size());
}

TEST_CASE(
    "where memory runs out halfway, a GPU that was asked for is an error, and the next call finds all as it was") {
  const SegmenterModel model = random_model();
  const PretendedGpu gpu;
  Run run(run_out_halfway("segmenting"));
  try {
    segment(model, DeviceChoice::kCuda, run);
    FAIL("expected CUDA_OUT_OF_MEMORY");
  } catch (const Error& error) {
    CHECK(error.code == "CUDA_OUT_OF_MEMORY");
    CHECK(error.field == "device");
  }
  Run next;
  CHECK(segment(model, DeviceChoice::kCuda, next).bounding_box);
  CHECK(next.device_used() == "cuda:0 pretended");
}

TEST_CASE(
    "preprocessing by the kernels gives the CPU's bytes; CLAHE, which has none, is told where a GPU was asked for") {
  const PretendedGpu gpu;
  const Volume volume = noisy_body();
  for (const Equalization equalization : {Equalization::kGlobal, Equalization::kNone, Equalization::kClahe}) {
    PreprocessOptions options;
    options.equalization = equalization;
    Run on_cpu;
    const Preprocessed expected = preprocess_volume(volume, options, DeviceChoice::kCpu, on_cpu);
    CHECK(on_cpu.device_used() == "cpu");
    for (const DeviceChoice& choice : {DeviceChoice::kAuto, DeviceChoice::kCuda}) {
      Run run;
      const Preprocessed stages = preprocess_volume(volume, options, choice, run);
      CHECK(stages.equalized.voxels == expected.equalized.voxels);
      CHECK(stages.clipped.voxels == expected.clipped.voxels);
      const bool clahe = equalization == Equalization::kClahe;
      if (test::interpreted_cuda_library().empty()) continue;
      CHECK(run.device_used() == (clahe ? "cpu" : "cuda:0 pretended"));
      CHECK(has(codes(run), "CLAHE_ON_CPU") == (clahe && choice.kind == DeviceChoice::Kind::kCuda));
    }
  }
}

TEST_CASE("preloading packs the weights where the first call will look for them") {
  const SegmenterModel model = random_model();
  const PretendedGpu gpu;
  Run run;
  CHECK(preload_model(model, DeviceChoice::kAuto, PrecisionChoice::kAuto, run) == Precision::kFp32);
  CHECK(run.device_used() == "cuda:0 pretended");
  CHECK(run.timings_ms().contains("preload"));
  Run refused;
  CHECK_THROWS_AS(preload_model(model, DeviceChoice::kCuda, PrecisionChoice::kBf16, refused), Error);
}
