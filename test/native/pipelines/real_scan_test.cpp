// The shipped weights on a real scan of the validation split; skipped where either is absent.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "../source_folder.h"
#include "models/segmenter_model.h"
#include "nifti/nifti.h"
#include "ops/metrics.h"
#include "pipelines/segment_structure.h"
#include "platform/cpu_features.h"
#include "runtime/caching_allocator.h"

using namespace hepatica;
namespace fs = std::filesystem;

namespace {

fs::path from_environment(const char* name, const fs::path& otherwise) {
  const char* value = std::getenv(name);
  return value ? fs::path(value) : otherwise;
}

Mask binary(Mask labels) {
  for (uint8_t& voxel : labels.voxels) voxel = voxel ? 1 : 0;
  return labels;
}

}  // namespace

TEST_CASE("on a real scan bf16 stays within 0.001 of fp32's Dice") {
  const fs::path source = test::in_source_folder();
  const fs::path weights = from_environment("HEPATICA_TEST_WEIGHTS", source / "weights" / "liver-paper.safetensors");
  const fs::path scan = from_environment("HEPATICA_SHARED", source / ".." / "shared") / "data/ct/train/ircad_e11";
  if (!fs::exists(weights) || !fs::exists(scan) || !cpu_has_bf16()) {
    MESSAGE("skipped: needs the weights, the shared scans and a CPU with bf16");
    return;
  }
  install_caching_allocator();
  Run reading;
  const Volume volume = read_nifti_volume((scan / "image.nii.gz").string(), reading);
  const Mask reference = binary(read_nifti_mask((scan / "label.nii.gz").string(), reading));
  const auto model = SegmenterModel::load(weights.string());
  const auto dice_with = [&](PrecisionChoice precision) {
    SegmentOptions options;
    options.precision = precision;
    Run run;
    const Segmentation result = segment_structure(volume, *model, options, run);
    const double agreement = dice(count_overlap(result.mask, reference, run));
    const auto slices = static_cast<double>(volume.geometry.slice_count());
    MESSAGE((precision == PrecisionChoice::kBf16 ? "bf16" : "fp32")
            << " Dice " << agreement << ", network " << run.timings_ms().at("network") / slices
            << " ms a slice, preprocess " << run.timings_ms().at("preprocess") / slices << ", network input "
            << run.timings_ms().at("network_input") / slices << ", mask " << run.timings_ms().at("mask") / slices
            << ", perimeters " << run.timings_ms().at("perimeters") / slices);
    return agreement;
  };
  const double fp32 = dice_with(PrecisionChoice::kFp32);
  CHECK(std::abs(dice_with(PrecisionChoice::kBf16) - fp32) <= 0.001);
}
