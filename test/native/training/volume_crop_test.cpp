#include "training/tasks/volume/volume_crop.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "grid/sample_cells.h"
#include "small_volume_network.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

CropPlace middle_of(const VolumeScan& scan) {
  CropPlace place;
  for (size_t axis = 0; axis < 3; ++axis) place.middle_mm[axis] = scan.grid.extent_mm[axis] / 2;
  return place;
}

}  // namespace

TEST_CASE("a cell's class is the structure that fills most of it") {
  const LabelledScan scan = ball_in_body(0);
  Run run;
  const VolumeScan same = make_volume_scan(scan.volume, scan.label, "p", ball_structures(), {2, 2, 5}, run);
  CHECK(same.classes == scan.label.voxels);
  // Four voxels in a cell; the body's frame begins at voxel 4, so every cell is inside or outside.
  const VolumeScan coarse = make_volume_scan(scan.volume, scan.label, "p", ball_structures(), {4, 4, 5}, run);
  REQUIRE(coarse.grid.size == Size3{24, 24, 6});
  for (int64_t y = 0; y < 24; ++y) {
    for (int64_t x = 0; x < 24; ++x) {
      int counts[3] = {0, 0, 0};
      for (int64_t i = 0; i < 4; ++i) {
        ++counts[scan.label.voxels[static_cast<size_t>((2 * y + i / 2) * 48 + 2 * x + i % 2)]];
      }
      const int found = coarse.classes[static_cast<size_t>(y * 24 + x)];
      CHECK(counts[found] == *std::max_element(counts, counts + 3));
    }
  }
  Mask empty = scan.label;
  std::fill(empty.voxels.begin(), empty.voxels.end(), uint8_t{9});
  try {
    make_volume_scan(scan.volume, empty, "p", ball_structures(), {2, 2, 5}, run);
    FAIL("a label without structures was taken");
  } catch (const Error& error) {
    CHECK(error.code == "EMPTY_LABEL");
  }
}

TEST_CASE("a crop of whole cells is the scan, and air beyond it") {
  const VolumeScan scan = ball_volumes(1, "p").front();
  const VolumeCrop crop = take_crop(scan, middle_of(scan), {52, 48, 8});
  for (int64_t z = 0; z < 8; ++z) {
    for (int64_t x = 0; x < 52; ++x) {
      const auto i = static_cast<size_t>((z * 48 + 24) * 52 + x);
      const bool inside = z >= 1 && z < 7 && x >= 2 && x < 50;
      const auto there = static_cast<size_t>(((z - 1) * 48 + 24) * 48 + x - 2);
      CHECK(crop.hu[i] == (inside ? static_cast<float>(scan.hu[there]) : kLowestHu));
      CHECK(crop.classes[i] == (inside ? scan.classes[there] : 0));
    }
  }
}

TEST_CASE("a crop's coordinates are the body's, as inference gives them") {
  const VolumeScan scan = ball_volumes(1, "p").front();
  const Size3 context = {4, 4, 2};
  const std::vector<float> expected = body_coordinates(scan.body, {0, 0, 0}, {8, 8, 10}, {12, 12, 3});
  const std::vector<float> found = crop_coordinates(scan, middle_of(scan), scan.grid.size, context, {});
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-5));
  const std::vector<float> moved = crop_coordinates(scan, middle_of(scan), scan.grid.size, context, {8, 0, 8, 0});
  CHECK(moved[5] < found[5]);
}

TEST_CASE("a turned crop shows what lies there") {
  const VolumeScan scan = ball_volumes(1, "p").front();
  CropPlace place = middle_of(scan);
  // A quarter turn in the plane: x of the crop is y of the scan.
  place.axes = {0, -1, 0, 1, 0, 0, 0, 0, 1};
  const VolumeCrop crop = take_crop(scan, place, {48, 48, 6});
  for (const auto& [x, y] : {std::pair{10, 20}, {30, 12}, {24, 40}}) {
    const auto i = static_cast<size_t>((3 * 48 + y) * 48 + x);
    const auto there = static_cast<size_t>((3 * 48 + x) * 48 + 47 - y);
    CHECK(crop.hu[i] == doctest::Approx(scan.hu[there]));
    CHECK(crop.classes[i] == scan.classes[there]);
  }
}

TEST_CASE("a look leaves air and bone as they are, and draws the same from the same numbers") {
  VolumeAugmentation augmentation;
  augmentation.enabled = true;
  augmentation.thick_slices = 0;
  VolumeCrop crop;
  crop.size = {4, 1, 1};
  crop.hu = {kLowestHu, kHighestHu, 60, 100};
  VolumeCrop same = crop;
  Random random(1, {2}), again(1, {2});
  change_look(augmentation, 3, random, crop);
  change_look(augmentation, 3, again, same);
  CHECK(crop.hu == same.hu);
  CHECK(crop.hu[0] == kLowestHu);
  CHECK(crop.hu[1] == kHighestHu);
  CHECK(crop.hu[3] != 100);
}

TEST_CASE("thick slices are means, and lines between them") {
  VolumeAugmentation augmentation;
  augmentation.thick_slices = 1;
  augmentation.contrast = augmentation.offset_hu = augmentation.noise_hu = 0;
  VolumeCrop crop;
  crop.size = {1, 1, 16};
  for (int z = 0; z < 16; ++z) crop.hu.push_back(static_cast<float>(10 * z));
  Random random(1, {2});
  change_look(augmentation, 3, random, crop);
  // A ramp stays one to within a part of its steps, but for its ends.
  for (size_t z = 4; z < 12; ++z) CHECK(std::abs(crop.hu[z] - 10 * static_cast<float>(z)) < 1);
  CHECK(crop.hu[0] > 0);
}
