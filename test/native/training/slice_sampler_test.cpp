#include "training/tasks/structure/slice_sampler.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <set>
#include <utility>

#include "synthetic_scans.h"

using namespace hepatica;
using namespace hepatica::test;

TEST_CASE("an epoch without drawing visits every slice once") {
  const std::vector<GridScan> scans = ball_scans(2, false);
  const SliceSampler sampler(scans, small_config(), ball_plan("").options);
  REQUIRE(sampler.steps_per_epoch() == 3);
  std::set<std::pair<size_t, int64_t>> seen;
  for (int64_t step = 0; step < 3; ++step) {
    for (const SliceItem& item : sampler.draw(0, step).items) seen.insert({item.scan, item.slice});
  }
  CHECK(seen.size() == 12);
}

TEST_CASE("without augmentation a batch holds the grid's own pixels") {
  const std::vector<GridScan> scans = ball_scans(2, false);
  const SliceSampler sampler(scans, small_config(), ball_plan("").options);
  const SliceBatch batch = sampler.draw(0, 0);
  const SliceItem& item = batch.items.front();
  const GridScan& scan = scans[item.scan];
  const auto x = static_cast<int64_t>(20 - item.canvas.x0);
  const auto y = static_cast<int64_t>(25 - item.canvas.y0);
  const uint8_t picture = scan.picture(item.slice)[25 * scan.input.grid.width + 20];
  CHECK(batch.image[0][0][y][x].item<float>() == static_cast<float>(picture) / 255.0F);
  CHECK(batch.target[0][y][x].item<float>() == 1.0F);
}

TEST_CASE("what is drawn depends on its place alone") {
  const std::vector<GridScan> scans = ball_scans(2, false);
  StructureTrainingOptions options = ball_plan("").options;
  options.augmentation.enabled = true;
  options.slices_per_epoch = 8;
  options.balance_patients = true;
  options.structure_fraction = 0.5;
  const SliceSampler a(scans, small_config(), options), b(scans, small_config(), options);
  a.draw(0, 0);
  CHECK(a.draw(3, 1).image.equal(b.draw(3, 1).image));
  CHECK_FALSE(a.draw(3, 1).image.equal(b.draw(4, 1).image));
}
