#include "segmentation/locate_structure.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/error.h"
#include "segmentation/outline_structure.h"
#include "segmentation/z_windows.h"

using namespace hepatica;

namespace {

constexpr Size3 kLengths = {16, 16, 24};

CellGrid grid_of(Size3 size, Vec3 extent_mm) { return {{6, 6, 6}, size, extent_mm}; }

void fill(std::vector<float>& probability, Size3 begin, Size3 end, float value) {
  for (int64_t z = begin[2]; z < end[2]; ++z) {
    for (int64_t y = begin[1]; y < end[1]; ++y) {
      for (int64_t x = begin[0]; x < end[0]; ++x) {
        probability[static_cast<size_t>((z * kLengths[1] + y) * kLengths[0] + x)] = value;
      }
    }
  }
}

}  // namespace

TEST_CASE("the box holds every piece that counts, with the margin, inside the scan") {
  const CellGrid grid = grid_of({14, 15, 20}, {82, 90, 117});
  std::vector<float> probability(16 * 16 * 24);
  Locator3dConfig config;
  config.threshold = 0.5;
  config.minimum_share = 0.1;
  config.margin_mm = 20;
  CHECK(!structure_box(probability, grid, kLengths, config));

  fill(probability, {5, 6, 4}, {9, 10, 9}, 0.9F);
  auto box = structure_box(probability, grid, kLengths, config);
  REQUIRE(box);
  CHECK(box->low == Vec3{10, 16, 4});
  CHECK(box->high == Vec3{74, 80, 74});

  // A tenth of the largest, apart from it; then one cell less; then what is behind the grid.
  fill(probability, {5, 6, 12}, {9, 8, 13}, 0.51F);
  box = structure_box(probability, grid, kLengths, config);
  CHECK(box->high == Vec3{74, 80, 98});
  fill(probability, {5, 6, 12}, {6, 7, 13}, 0.5F);
  CHECK(structure_box(probability, grid, kLengths, config)->high == Vec3{74, 80, 74});
  fill(probability, {14, 0, 0}, {16, 16, 24}, 1);
  fill(probability, {0, 0, 20}, {16, 16, 24}, 1);
  CHECK(structure_box(probability, grid, kLengths, config)->high == Vec3{74, 80, 74});
}

TEST_CASE("where cells reach farther along z than any liver, the slices that hold most of it count") {
  constexpr Size3 kTall = {8, 8, 72};
  const CellGrid grid = {{6, 6, 6}, {8, 8, 72}, {48, 48, 430}};
  std::vector<float> probability(8 * 8 * 72);
  Locator3dConfig config;
  const auto fill_slices = [&](int64_t begin, int64_t end, int64_t width, float value) {
    for (int64_t z = begin; z < end; ++z) {
      for (int64_t x = 0; x < width; ++x) probability[static_cast<size_t>((z * 8 + 4) * 8 + x)] = value;
    }
  };
  // 50 slices are 300 mm.
  fill_slices(10, 60, 3, 0.9F);
  auto box = structure_box(probability, grid, kTall, config);
  REQUIRE(box);
  CHECK(box->low[2] == 40);
  CHECK(box->high == Vec3{38, 48, 380});

  // A muscle as long again below, wider in the plane and less sure.
  fill_slices(0, 10, 8, 0.2F);
  box = structure_box(probability, grid, kTall, config);
  CHECK(box->low[2] == 40);
  CHECK(box->high == Vec3{38, 48, 380});
  fill_slices(60, 66, 4, 0.95F);
  box = structure_box(probability, grid, kTall, config);
  CHECK(box->low[2] == 76);
  CHECK(box->high == Vec3{44, 48, 416});
}

TEST_CASE("too little of anything is nothing") {
  const CellGrid grid = grid_of({14, 15, 20}, {82, 90, 117});
  std::vector<float> probability(16 * 16 * 24);
  Locator3dConfig config;
  fill(probability, {5, 6, 4}, {7, 8, 5}, 0.9F);  // 0.864 ml
  CHECK(!structure_box(probability, grid, kLengths, config));
  config.minimum_ml = 0.8;
  CHECK(structure_box(probability, grid, kLengths, config));
}

TEST_CASE("a box grows on the sides that the structure reaches, as far as the scan goes") {
  OutlinedStructure outlined;
  outlined.grid = {{1.5, 1.5, 3}, {60, 40, 50}, {90, 60, 149}};
  outlined.box = {{10, 0, 20}, {16, 40, 16}};
  outlined.probability.resize(16 * 40 * 16);
  const auto at = [&](int64_t x, int64_t y, int64_t z) -> float& {
    return outlined.probability[static_cast<size_t>((z * 40 + y) * 16 + x)];
  };
  CHECK(!grown_box(outlined, 0.5F));
  at(8, 0, 8) = 1;   // y: the grid's own end
  at(8, 39, 1) = 1;  // z: one slice from the face
  at(2, 20, 8) = 1;
  at(13, 20, 8) = 0.5F;
  CHECK(!grown_box(outlined, 0.5F));

  at(14, 20, 15) = 0.6F;
  const auto grown = grown_box(outlined, 0.5F);
  REQUIRE(grown);
  CHECK(grown->low == Vec3{15, 0, 60});
  CHECK(grown->high == Vec3{75, 60, 144});
  at(1, 20, 8) = 1;
  CHECK(grown_box(outlined, 0.5F)->low == Vec3{0, 0, 60});
}

TEST_CASE("windows share slices, hold no more than they may, and each slice is taken once") {
  const auto alone = z_windows({80, 80, 64}, 80 * 80 * 64);
  REQUIRE(alone.size() == 1);
  CHECK(alone[0].length == 64);
  CHECK(alone[0].kept_end == 64);

  const auto windows = z_windows({100, 100, 200}, 700'000);
  REQUIRE(windows.size() == 4);
  int64_t next = 0;
  for (const ZWindow& window : windows) {
    CHECK(window.length == 64);
    CHECK(window.begin + window.length <= 200);
    CHECK(window.kept_begin == next);
    // What is taken lies at least 8 slices inside, but for the scan's own ends.
    CHECK((window.begin == 0 || window.kept_begin >= window.begin + 8));
    CHECK((window.begin + window.length == 200 || window.kept_end <= window.begin + window.length - 8));
    next = window.kept_end;
  }
  CHECK(next == 200);
}

TEST_CASE("slices of many metres are refused") { CHECK_THROWS_AS(z_windows({4000, 4000, 8}, 2'000'000), Error); }

TEST_CASE("a scan of many metres is refused before its cells are made") {
  Volume scan;
  scan.geometry.size = {512, 512, 400};
  scan.geometry.spacing_mm = {7, 7, 12.5};
  const CanonicalSlices slices(scan);  // there is not a voxel to read
  Run run;
  CHECK_THROWS_AS(locate_body(slices, run), Error);
  scan.geometry.size = {64, 56, 12};
  scan.geometry.spacing_mm = {900, 900, 2};
  CHECK_THROWS_AS(locate_body(CanonicalSlices(scan), run), Error);
}

TEST_CASE("wide boxes are cut along rows too, and each place is taken once") {
  const Size3 lengths = {472, 472, 40};
  std::vector<int> taken(static_cast<size_t>(lengths[1] * lengths[2]));
  for (const BoxWindow& window : box_windows(lengths, 4'000'000)) {
    CHECK(lengths[0] * window.rows.length * window.slices.length <= 4'000'000);
    for (int64_t z = window.slices.kept_begin; z < window.slices.kept_end; ++z) {
      for (int64_t y = window.rows.kept_begin; y < window.rows.kept_end; ++y) ++taken[z * lengths[1] + y];
    }
  }
  CHECK(std::all_of(taken.begin(), taken.end(), [](int times) { return times == 1; }));
  CHECK(box_windows({160, 160, 100}, 4'000'000).size() == 1);
}
