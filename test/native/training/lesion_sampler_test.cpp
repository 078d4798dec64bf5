#include "training/tasks/lesions/sampler.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <algorithm>

#include "lesion_scans.h"
#include "training/data/warp.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

// The region's slices that hold one of the voxels.
std::vector<int64_t> slices_of(const LesionScan& scan, const SharedArray<uint32_t>& voxels) {
  std::vector<int64_t> slices;
  for (const uint32_t voxel : voxels) {
    const int64_t slice = voxel / scan.region.canvas.pixels();
    if (slices.empty() || slices.back() != slice) slices.push_back(slice);
  }
  return slices;
}

std::vector<float> sorted_values(const at::Tensor& picture) {
  const at::Tensor values = std::get<0>(picture.flatten().sort());
  return {values.const_data_ptr<float>(), values.const_data_ptr<float>() + values.numel()};
}

}  // namespace

TEST_CASE("lesions are known by their voxels, and slices that one lesion fills are left out") {
  const std::vector<LesionScan> scans = real_lesion_scans({lesion_source("a", 20)});
  REQUIRE(scans[0].lesion_voxels.size() == 1);
  CHECK(slices_of(scans[0], scans[0].lesion_voxels[0]) == std::vector<int64_t>{1, 2, 3, 4});
  CHECK(slices_of(scans[0], scans[0].liver_voxels) == std::vector<int64_t>{0, 1, 2, 3, 4, 5});
  // A radius of 12 of 18 voxels is 44 % of the liver's area.
  const std::vector<LesionScan> full = real_lesion_scans({lesion_source("a", 24, 12)});
  CHECK(full[0].lesion_voxels.empty());
  CHECK(slices_of(full[0], full[0].liver_voxels) == std::vector<int64_t>{0, 5});
  CHECK(real_lesion_scans({lesion_source("a", 24, 12)}, 1)[0].lesion_voxels.size() == 1);
}

TEST_CASE("a scan whose lesions are not marked teaches nothing as it is") {
  Run run;
  const std::vector<LesionScan> scans = {
      make_lesion_scan(lesion_source("a", 20, 0), false, small_lesion_config(), {}, 0.4, run)};
  LesionSampler sampler(scans, small_lesion_config(), lesion_plan("").options);
  CHECK_THROWS_AS(sampler.set_synthetic({}), Error);
}

TEST_CASE("without augmentation a picture holds the liver's own pixels") {
  const std::vector<LesionScan> scans = real_lesion_scans({lesion_source("a", 20)});
  LesionTrainingOptions options = lesion_plan("").options;
  options.lesion_fraction = 1;
  options.canvas_px = {160, 160};
  LesionSampler sampler(scans, small_lesion_config(), options);
  sampler.set_synthetic({});
  const LesionBatch batch = sampler.draw(0, 0);
  REQUIRE(batch.region.sizes() == at::IntArrayRef({4, 1, 160, 160}));
  RegionInput region = scans[0].region;
  mask_region(region);
  const std::vector<int64_t> slices = {1, 2, 3, 4};
  const at::Tensor wholes = region.batch(slices);
  const std::vector<float> drawn = sorted_values(batch.region[0].masked_select(batch.region[0] > 0));
  bool found = false;
  for (int64_t i = 0; i < 4; ++i) found = found || drawn == sorted_values(wholes[i].masked_select(wholes[i] > 0));
  CHECK(found);
  CHECK(batch.region.masked_select(batch.liver.unsqueeze(1) == 0).eq(0).all().item<bool>());
  const at::Tensor known = batch.types == class_channel(LesionType::kHcc);
  CHECK(known.sum().item<int64_t>() > 0);
  CHECK(known.eq(batch.types >= 0).all().item<bool>());
  CHECK(known.eq(batch.lesion > 0.5).all().item<bool>());
}

TEST_CASE("the fraction of pictures around lesions is kept to, and what is drawn belongs to its place in the run") {
  const std::vector<LesionScan> scans = real_lesion_scans({lesion_source("a", 14), lesion_source("b", 34)});
  LesionTrainingOptions options = lesion_plan("").options;
  options.batch_size = 64;
  options.lesion_fraction = 0.25;
  options.canvas_px = {16, 16};
  options.augmentation.enabled = true;
  LesionSampler sampler(scans, small_lesion_config(), options);
  sampler.set_synthetic({});
  const LesionBatch batch = sampler.draw(0, 0);
  CHECK(batch.region.sizes() == at::IntArrayRef({64, 1, 16, 16}));
  const int64_t with = batch.lesion.flatten(1).amax(1).gt(0.5).sum().item<int64_t>();
  CHECK(with >= 8);
  CHECK(with <= 36);
  CHECK(sampler.draw(0, 0).region.equal(batch.region));
  CHECK_FALSE(sampler.draw(1, 0).region.equal(batch.region));
}

TEST_CASE("a wrong liver shows what lies beside it, and teaches no lesion there") {
  const std::vector<LesionScan> scans = real_lesion_scans({lesion_source("a", 20)});
  LesionTrainingOptions options = lesion_plan("").options;
  options.batch_size = 32;
  options.lesion_fraction = 0;
  options.augmentation = {.enabled = true, .scale = 0, .rotation_deg = 0, .gain = 0, .offset_hu = 0, .noise = 0};
  const auto darkest_in_liver = [&](double liver_errors) {
    options.augmentation.liver_errors = liver_errors;
    LesionSampler sampler(scans, small_lesion_config(), options);
    sampler.set_synthetic({});
    const LesionBatch batch = sampler.draw(0, 0);
    CHECK(batch.lesion.masked_select(batch.liver == 0).eq(0).all().item<bool>());
    return batch.region.squeeze(1).masked_select(batch.liver > 0).min().item<float>();
  };
  // The liver has 90 HU and more, what is beside it -50; the window begins at -100 and is 500 wide.
  CHECK(darkest_in_liver(0) > 0.2);
  CHECK(darkest_in_liver(1) < 0.12);
}
