#include "training/lesion_sampler.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <algorithm>

#include "lesion_scans.h"
#include "training/warp.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

std::vector<LesionScan> scans_of(const std::vector<LesionSource>& sources, double max_lesion_share = 0.4) {
  Run run;
  std::vector<LesionScan> scans;
  for (const LesionSource& source : sources) {
    scans.push_back(make_lesion_scan(source, small_lesion_config(), {}, max_lesion_share, run));
  }
  return scans;
}

}  // namespace

TEST_CASE("slices are known by what they show, and those that one lesion fills are left out") {
  const std::vector<LesionScan> scans = scans_of({lesion_source("a", 20)});
  CHECK(scans[0].lesion_slices == std::vector<int64_t>{1, 2, 3, 4});
  CHECK(scans[0].plain_slices == std::vector<int64_t>{0, 5});
  // A radius of 12 of 18 voxels is 44 % of the liver's area.
  const std::vector<LesionScan> full = scans_of({lesion_source("a", 24, 12)});
  CHECK(full[0].lesion_slices.empty());
  CHECK(full[0].plain_slices == std::vector<int64_t>{0, 5});
  CHECK(scans_of({lesion_source("a", 24, 12)}, 1)[0].lesion_slices.size() == 4);
}

TEST_CASE("a scan whose lesions are not marked teaches nothing as it is") {
  LesionSource source = lesion_source("a", 20, 0);
  source.marked = false;
  const std::vector<LesionScan> scans = scans_of({source});
  LesionSampler sampler(scans, small_lesion_config(), lesion_plan("").options);
  CHECK_THROWS_AS(sampler.set_synthetic({}), Error);
}

TEST_CASE("without augmentation a batch holds the region's own pixels") {
  const std::vector<LesionScan> scans = scans_of({lesion_source("a", 20)});
  LesionTrainingOptions options = lesion_plan("").options;
  options.lesion_fraction = 1;
  LesionSampler sampler(scans, small_lesion_config(), options);
  sampler.set_synthetic({});
  const LesionBatch batch = sampler.draw(0, 0);
  REQUIRE(batch.region.size(0) == 4);
  const RegionInput& region = scans[0].region;
  REQUIRE(batch.region.size(2) == region.canvas.height);
  // All lesion slices are alike but for the liver's texture: one of them is this very item.
  const std::vector<int64_t> slices = {1, 2, 3, 4};
  const at::Tensor regions = region.batch(slices);
  bool found = false;
  for (int64_t i = 0; i < 4; ++i) found = found || batch.region[0].equal(regions[i]);
  CHECK(found);
  const at::Tensor known = batch.types == class_channel(LesionType::kHcc);
  CHECK(known.sum().item<int64_t>() > 0);
  CHECK(known.eq(batch.types >= 0).all().item<bool>());
  CHECK(known.eq(batch.lesion > 0.5).all().item<bool>());
}

TEST_CASE("the fraction of slices with lesions is kept to, and small canvases hold the lesion") {
  const std::vector<LesionScan> scans = scans_of({lesion_source("a", 14), lesion_source("b", 34)});
  LesionTrainingOptions options = lesion_plan("").options;
  options.batch_size = 64;
  options.lesion_fraction = 0.25;
  options.canvas_px = {16, 16};
  options.augmentation.enabled = true;
  options.flips = true;
  LesionSampler sampler(scans, small_lesion_config(), options);
  sampler.set_synthetic({});
  const LesionBatch batch = sampler.draw(0, 0);
  CHECK(batch.region.sizes() == at::IntArrayRef({64, 1, 16, 16}));
  const int64_t with = batch.lesion.flatten(1).amax(1).gt(0.5).sum().item<int64_t>();
  CHECK(with >= 8);
  CHECK(with <= 26);
  CHECK(sampler.draw(0, 0).region.equal(batch.region));
  CHECK_FALSE(sampler.draw(1, 0).region.equal(batch.region));
}
