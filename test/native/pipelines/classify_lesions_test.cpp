#include "pipelines/classify_lesions.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "ops/components.h"
#include "pipelines/lesion_candidates.h"
#include "pipelines/measure_lesion.h"

using namespace hepatica;

namespace {

Geometry geometry_of(Size3 size, Vec3 spacing_mm) {
  Geometry geometry;
  geometry.size = size;
  geometry.spacing_mm = spacing_mm;
  geometry.origin_mm = {-10, 20, 5};
  return geometry;
}

// A region of 8 x 8 pixels of 2 mm, two slices from slice 1 on, of a scan of 16 x 16 x 4 voxels of 1 mm.
RegionInput small_region() {
  RegionInput region;
  region.grid = {8, 8, 2};
  region.canvas = {0, 0, 8, 8};
  region.first_slice = 1;
  region.slices = 2;
  region.scan_slices = 4;
  return region;
}

LesionMaps maps_with(uint8_t location, const std::array<uint8_t, 4>& classes) {
  LesionMaps maps;
  maps.location.assign(128, location);
  for (size_t i = 0; i < classes.size(); ++i) maps.classes[i].assign(128, classes[i]);
  return maps;
}

}  // namespace

TEST_CASE("lesions are where the map is above the thresholds, in the liver and in the region's slices alone") {
  const Geometry geometry = geometry_of({16, 16, 4}, {1, 1, 3});
  Mask liver{geometry, std::vector<uint8_t>(16 * 16 * 4, 1)};
  for (int64_t z = 0; z < 4; ++z) liver.slice(z)[5 * 16 + 5] = 0;
  Run run;
  const RegionInput region = small_region();
  LesionMaps maps = maps_with(0, {255, 0, 0, 0});
  // One pixel: voxels 4 to 5 along x and y lie in it.
  maps.location[2 * 8 + 2] = 255;
  const auto levels_above = [&](double detection, double extent) {
    return locate_lesions(region, maps, {}, 0, liver, {detection, extent}, run).levels;
  };
  const LocatedLesions located = locate_lesions(region, maps, {}, 0, liver, {0.6, 0.5}, run);
  // Bilinear between centres 2 mm apart: 0.75 * 0.75 at the voxels next to the pixel's centre.
  CHECK(located.probability.slice(1)[4 * 16 + 4] == 143);
  CHECK(located.levels.slice(1)[4 * 16 + 4] == 1);
  CHECK(located.levels.slice(1)[5 * 16 + 5] == 0);
  CHECK(std::count(located.levels.voxels.begin(), located.levels.voxels.end(), 1) == 3);
  const Mask both = levels_above(0.5, 0.5);
  CHECK(std::count(both.voxels.begin(), both.voxels.end(), kAboveBoth) == 3);
  CHECK(levels_above(0.6, 0.6).voxels == std::vector<uint8_t>(1024));
}

TEST_CASE("the 3-D network's share of a place's probability is linear between its cells, and nothing outside its box") {
  const Geometry geometry = geometry_of({16, 16, 4}, {1, 1, 3});
  const Mask liver{geometry, std::vector<uint8_t>(16 * 16 * 4, 1)};
  const RegionInput region = small_region();
  const LesionMaps maps = maps_with(51, {255, 0, 0, 0});
  LesionCells cells;
  cells.grid = cell_grid(geometry, {1.5, 1.5, 3});
  // From 3 to 9 mm along x and y, slices 1 and 2.
  cells.box = {{2, 2, 1}, {4, 4, 2}};
  cells.probability.assign(32, 0);
  // One cell, its centre at 5.25 mm along x and y.
  cells.probability[1 * 4 + 1] = 1;
  Run run;
  const auto probability = [&](double share, int64_t x, int64_t y, int64_t z) {
    return int{locate_lesions(region, maps, cells, share, liver, {0.5, 0.5}, run).probability.slice(z)[y * 16 + x]};
  };
  // A voxel whose centre is 0.25 mm from the cell's along x and y, 1.5 mm from its neighbours'.
  const double near = 255 * std::pow(5.0 / 6, 2);
  CHECK(probability(1, 5, 5, 1) == std::lround(near));
  CHECK(probability(0.25, 5, 5, 1) == std::lround(0.75 * 51 + 0.25 * near));
  CHECK(probability(0, 5, 5, 1) == 51);
  CHECK(probability(1, 5, 5, 2) == 0);
  CHECK(probability(0.25, 12, 5, 1) == std::lround(0.75 * 51));
  // Of the region's two slices, given one by one, the first has some lesion.
  LesionLocation location(region, cells, 1, liver, {0.6, 0.4});
  const std::span<const uint8_t> map(maps.location);
  CHECK(location.add(1, map.subspan(64, 64), run).empty());
  CHECK(location.add(0, map.first(64), run) == std::vector<int64_t>{0});
  const Mask levels = location.take().levels;
  CHECK(levels.slice(1)[5 * 16 + 5] == kAboveBoth);
  CHECK(levels.slice(1)[5 * 16 + 4] == 1);
  CHECK(levels.slice(1)[4 * 16 + 4] == 0);
}

TEST_CASE("a lesion's probabilities are means over its voxels and add up to one") {
  const Geometry geometry = geometry_of({16, 16, 4}, {1, 1, 3});
  Mask ids{geometry, std::vector<uint8_t>(1024)};
  const ByteVolume probability{geometry, std::vector<uint8_t>(1024, 204)};
  LesionMaps maps = maps_with(0, {0, 0, 254, 0});
  // The first pixel of the region's first slice is a cyst for certain: a fourth of lesion 1's area, none of lesion 2's.
  maps.classes[0][0] = 254;
  maps.classes[2][0] = 0;
  for (const int64_t x : {0, 2, 4, 6}) ids.slice(1)[x] = 1;
  ids.slice(2)[200] = 2;
  const std::vector<LesionScores> scores = score_lesions(ids, 2, probability, maps, small_region());
  REQUIRE(scores.size() == 2);
  CHECK(scores[0].probabilities[0] == doctest::Approx(0.25));
  CHECK(scores[0].probabilities[2] == doctest::Approx(0.75));
  CHECK(scores[0].detection_probability == doctest::Approx(0.8));
  CHECK(scores[1].probabilities[2] == doctest::Approx(1));
}

TEST_CASE("a lesion is measured in mm, ml and HU, beside another one in its box") {
  const Geometry geometry = geometry_of({20, 20, 6}, {0.5, 2, 4});
  Mask ids{geometry, std::vector<uint8_t>(2400)};
  std::vector<int16_t> hu(2400, -1000);
  // Six columns and two rows in slice 2, three columns of one row in slice 3; lesion 2 in between.
  for (int64_t x = 4; x < 10; ++x) {
    for (int64_t y = 7; y < 9; ++y) ids.slice(2)[y * 20 + x] = 1;
  }
  for (int64_t x = 4; x < 7; ++x) ids.slice(3)[7 * 20 + x] = 1;
  ids.slice(3)[8 * 20 + 9] = 2;
  for (size_t i = 0; i < hu.size(); ++i) {
    if (ids.voxels[i] == 1) hu[i] = static_cast<int16_t>(i % 2 == 0 ? 40 : 60);
  }
  Lesion lesion;
  lesion.id = 1;
  lesion.box = {{4, 7, 2}, {9, 8, 3}};
  measure_lesion({geometry, hu}, ids, lesion);
  CHECK(lesion.volume_ml == doctest::Approx(15 * 4.0 / 1000));
  REQUIRE(lesion.slices.size() == 2);
  CHECK(lesion.slices[0].pixels == 12);
  CHECK(lesion.slices[1].slice == 3);
  CHECK(lesion.slices[1].box == BoundingBox{{4, 7, 0}, {6, 7, 0}});
  // 3 mm wide and 4 mm high: the middles of the edges of opposite corners are the farthest apart.
  CHECK(lesion.diameter_slice == 2);
  CHECK(lesion.diameter_mm == doctest::Approx(std::hypot(2.5, 4)));
  CHECK(lesion.perimeters.size() == 2);
  CHECK(lesion.perimeters[1].pixels[0] == 4);
  CHECK(lesion.perimeters[1].pixels[1] == 7);
  CHECK(lesion.mean_hu == doctest::Approx((8 * 40 + 7 * 60) / 15.0));
  CHECK(lesion.sd_hu == doctest::Approx(std::sqrt(8 * 7.0) / 15 * 20));
  CHECK(lesion.centre[2] == doctest::Approx((12 * 2 + 3 * 3) / 15.0));
  CHECK(lesion.centre_mm[2] == doctest::Approx(5 + 4 * lesion.centre[2]));
}
