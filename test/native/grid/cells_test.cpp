#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "grid/body_frame.h"
#include "grid/interpolate_cells.h"
#include "grid/label_cells.h"
#include "grid/sample_cells.h"
#include "grid/threshold_cells.h"

using namespace hepatica;

namespace {

constexpr Vec3 kFineMm = {1.5, 1.5, 3};
constexpr Vec3 kCoarseMm = {6, 6, 6};

Geometry geometry_of(Size3 size, Vec3 spacing_mm) {
  Geometry geometry;
  geometry.size = size;
  geometry.spacing_mm = spacing_mm;
  return geometry;
}

// Called with (x, y, z) for each voxel in memory order.
template <class Value>
std::vector<int16_t> filled(const Size3& size, Value&& value) {
  std::vector<int16_t> hu;
  for (int64_t z = 0; z < size[2]; ++z) {
    for (int64_t y = 0; y < size[1]; ++y) {
      for (int64_t x = 0; x < size[0]; ++x) hu.push_back(static_cast<int16_t>(value(x, y, z)));
    }
  }
  return hu;
}

Volume patterned(Size3 size, Vec3 spacing_mm) {
  return {geometry_of(size, spacing_mm),
          filled(size, [](int64_t x, int64_t y, int64_t z) { return (x * 37 + y * 61 + z * 97) % 501 - 250; })};
}

std::vector<float> whole(const Volume& volume, const Vec3& cell_mm, int64_t multiple = 1) {
  Run run;
  const CanonicalSlices source(volume);
  const CellGrid grid = cell_grid(source.geometry(), cell_mm);
  return sample_cells(source, grid, whole_grid(grid, multiple), run);
}

// The same picture stored with columns first, from the left to the right, feet last.
Volume turned(const Volume& volume) {
  const Size3& size = volume.geometry.size;
  const auto& hu = std::get<std::vector<int16_t>>(volume.hu);
  Volume other;
  other.geometry =
      geometry_of({size[1], size[0], size[2]},
                  {volume.geometry.spacing_mm[1], volume.geometry.spacing_mm[0], volume.geometry.spacing_mm[2]});
  other.geometry.direction = {0, -1, 0, 1, 0, 0, 0, 0, -1};
  other.hu = filled(other.geometry.size, [&](int64_t x, int64_t y, int64_t z) {
    return hu[((size[2] - 1 - z) * size[1] + x) * size[0] + size[0] - 1 - y];
  });
  return other;
}

struct Golden {
  Size3 size;
  Vec3 spacing_mm;
  Vec3 cell_mm;
  Size3 cells;
  double mean;
  float first;
  float last;
  float middle;
};

// By NumPy, from matrices of weights.
const std::vector<Golden> kGoldens = {
    {{70, 60, 24}, {0.8, 0.8, 1.25}, kFineMm, {38, 32, 10}, 8.044328, -112.346298F, 15.783333F, 81.499641F},
    {{70, 60, 24}, {0.8, 0.8, 1.25}, kCoarseMm, {10, 8, 5}, 8.024242, 7.838519F, 7.0F, 4.101667F},
    {{40, 36, 9}, {2.0, 2.0, 5.0}, kFineMm, {54, 48, 15}, 8.187852, -160.0F, 96.0F, -31.0F},
    {{40, 36, 9}, {2.0, 2.0, 5.0}, kCoarseMm, {14, 12, 8}, 8.146784, -118.425934F, 35.0F, 105.611115F},
    {{50, 44, 20}, {1.5, 1.2, 3.0}, kFineMm, {50, 36, 20}, 8.111579, -160.0F, 17.0F, 17.6F},
    {{50, 44, 20}, {1.5, 1.2, 3.0}, kCoarseMm, {13, 9, 10}, 8.093318, -19.3F, -67.125F, 37.600002F}};

}  // namespace

TEST_CASE("cells are means where the source is finer and linear where it is coarser, as NumPy has them") {
  for (const Golden& golden : kGoldens) {
    const Volume volume = patterned(golden.size, golden.spacing_mm);
    const CellGrid grid = cell_grid(volume.geometry, golden.cell_mm);
    REQUIRE(grid.size == golden.cells);
    const std::vector<float> cells = whole(volume, golden.cell_mm);
    const auto at = [&](int64_t x, int64_t y, int64_t z) { return cells[(z * grid.size[1] + y) * grid.size[0] + x]; };
    const double mean = std::accumulate(cells.begin(), cells.end(), 0.0) / static_cast<double>(cells.size());
    CHECK(mean == doctest::Approx(golden.mean).epsilon(1e-6));
    CHECK(at(0, 0, 0) == doctest::Approx(golden.first).epsilon(1e-5));
    CHECK(at(grid.size[0] - 1, grid.size[1] - 1, grid.size[2] - 1) == doctest::Approx(golden.last).epsilon(1e-5));
    CHECK(at(grid.size[0] / 2, grid.size[1] / 2, grid.size[2] / 2) == doctest::Approx(golden.middle).epsilon(1e-5));
  }
}

TEST_CASE("a copy saturated at the limits gives the cells of the full range") {
  Volume full = patterned({40, 30, 10}, {0.7, 0.7, 2});
  Volume saturated = full;
  for (int16_t& hu : std::get<std::vector<int16_t>>(saturated.hu)) hu = std::clamp<int16_t>(hu, -160, 240);
  CHECK(whole(full, kFineMm) == whole(saturated, kFineMm));
}

TEST_CASE("a volume of floats gives the cells of its integers; what is no number is air") {
  Volume integers = patterned({20, 20, 4}, {0.7, 0.7, 2});
  const auto& hu = std::get<std::vector<int16_t>>(integers.hu);
  Volume floats{integers.geometry, std::vector<float>(hu.begin(), hu.end())};
  CHECK(whole(floats, kFineMm) == whole(integers, kFineMm));
  floats.hu = std::vector<float>(hu.size(), NAN);
  for (const float value : whole(floats, kFineMm)) REQUIRE(value == doctest::Approx(kLowestHu));
}

TEST_CASE("any orientation and any box give the same cells") {
  const Volume volume = patterned({70, 60, 24}, {0.8, 0.9, 1.25});
  const std::vector<float> cells = whole(volume, kFineMm);
  CHECK(whole(turned(volume), kFineMm) == cells);

  Run run;
  const CanonicalSlices source(volume);
  const CellGrid grid = cell_grid(volume.geometry, kFineMm);
  const CellBox box{{3, 5, 6}, {16, 8, 8}};
  const std::vector<float> part = sample_cells(source, grid, box, run);
  for (int64_t z = 0; z < 8; ++z) {
    for (int64_t y = 0; y < 8; ++y) {
      for (int64_t x = 0; x < 16; ++x) {
        const bool on_grid = z + 6 < grid.size[2];
        const float expected = on_grid ? cells[((z + 6) * grid.size[1] + y + 5) * grid.size[0] + x + 3] : kLowestHu;
        REQUIRE(part[(z * 8 + y) * 16 + x] == expected);
      }
    }
  }
}

TEST_CASE("network values: air and bone at the limits, linear between") {
  std::vector<float> hu = {-160, -158, -157, 0, 100, 237, 238, 240};
  map_to_network_values(hu);
  const std::vector<float> expected = {0, 0, 0.4215F, 0.5F, 0.55F, 0.6185F, 0.7F, 0.7F};
  for (size_t i = 0; i < hu.size(); ++i) CHECK(hu[i] == doctest::Approx(expected[i]));
}

TEST_CASE("a box of cells covers its millimetres, in whole eights, and stays on the grid where it can") {
  const CellGrid grid = cell_grid(geometry_of({50, 44, 20}, {1.1, 1.3, 2.2}), kFineMm);
  REQUIRE(grid.size == Size3{37, 39, 15});
  CHECK(cover_box({{3.1, 0, 10}, {40.2, 57, 44}}, grid, 8) == CellBox{{2, 0, 0}, {32, 40, 16}});
  CHECK(cover_box({{40, 45, 0}, {55, 57.2, 3}}, grid, 8).begin == Size3{21, 23, 0});
  CHECK(cover_box({{1.5 * 3, 0, 0}, {1.5 * 11, 12, 24}}, grid, 8) == CellBox{{3, 0, 0}, {8, 8, 8}});
}

TEST_CASE("a grid of nothing, or of kilometres, is refused") {
  CHECK_THROWS_AS(cell_grid(geometry_of({512, 512, 10}, {1e4, 1, 1}), kFineMm), Error);
  CHECK_THROWS_AS(cell_grid(geometry_of({512, 512, 10}, {1, 1, NAN}), kFineMm), Error);
}

TEST_CASE("the way back is trilinear at the voxels' centres and empty outside the box, as NumPy has it") {
  Run run;
  const Geometry source = geometry_of({50, 44, 20}, {1.1, 1.3, 2.2});
  const CellGrid grid = cell_grid(source, kFineMm);
  const CellBox box{{8, 5, 2}, {16, 24, 8}};
  std::vector<float> cells;
  for (int64_t z = 0; z < 8; ++z) {
    for (int64_t y = 0; y < 24; ++y) {
      for (int64_t x = 0; x < 16; ++x) {
        cells.push_back(static_cast<float>((x * 29 + y * 17 + z * 53) % 97) / 96);
      }
    }
  }
  const auto inside = [&](float threshold) {
    const Mask mask = threshold_cells(cells, box, grid, threshold, source, run);
    return std::accumulate(mask.voxels.begin(), mask.voxels.end(), int64_t{0});
  };
  CHECK(inside(0.5003F) == 3253);
  CHECK(inside(0.4987F) == 3283);
  const Mask mask = threshold_cells(cells, box, grid, 0.51F, source, run);
  const auto first = std::find(mask.voxels.begin(), mask.voxels.end(), 1) - mask.voxels.begin();
  CHECK(first == (3 * 44 + 6) * 50 + 14);
}

TEST_CASE("there and back: what is inside on a grid comes back within half a cell") {
  Run run;
  for (const Vec3 spacing_mm : {Vec3{0.7, 0.7, 0.5}, Vec3{0.9, 0.8, 3}, Vec3{2, 2, 8}}) {
    const Geometry source = geometry_of({80, 80, 40}, spacing_mm);
    const auto is_inside = [&](int64_t x, int64_t y, int64_t z) {
      const auto off = [&](int axis, int64_t i) {
        const double extent = static_cast<double>(source.size[axis]);
        return (static_cast<double>(i) + 0.5 - extent / 2) / (0.35 * extent);
      };
      return off(0, x) * off(0, x) + off(1, y) * off(1, y) + off(2, z) * off(2, z) < 1;
    };
    const Volume volume{source, filled(source.size, [&](auto... index) { return is_inside(index...) ? 100 : 0; })};
    const CellGrid grid = cell_grid(source, kFineMm);
    const Mask mask = threshold_cells(whole(volume, kFineMm), whole_grid(grid, 1), grid, 50, source, run);
    int64_t both = 0;
    int64_t either = 0;
    const auto& hu = std::get<std::vector<int16_t>>(volume.hu);
    for (size_t i = 0; i < hu.size(); ++i) {
      both += hu[i] > 0 && mask.voxels[i];
      either += (hu[i] > 0) + mask.voxels[i];
    }
    CHECK(2.0 * static_cast<double>(both) / static_cast<double>(either) > 0.975);
  }
}

TEST_CASE("what pads a box behind the scan's end has no part in the last voxels") {
  Run run;
  const Geometry source = geometry_of({11, 11, 11}, {1, 1, 1});
  const CellGrid grid = cell_grid(source, {2.8, 2.8, 2.8});
  const CellBox box = whole_grid(grid, 8);
  REQUIRE(box.length == Size3{8, 8, 8});
  std::vector<float> cells(static_cast<size_t>(box.cells()));
  for (int64_t z = 0; z < grid.size[2]; ++z) {
    for (int64_t y = 0; y < grid.size[1]; ++y) std::fill_n(cells.begin() + (z * 8 + y) * 8, grid.size[0], 1.0F);
  }
  const Mask mask = threshold_cells(cells, box, grid, 0.99F, source, run);
  CHECK(std::count(mask.voxels.begin(), mask.voxels.end(), 1) == 11 * 11 * 11);
}

TEST_CASE("the body's box and a cell's place in it are those of the rule's NumPy form") {
  Run run;
  Volume volume{geometry_of({120, 100, 8}, {3, 3, 6}), std::vector<int16_t>()};
  volume.hu = filled(volume.geometry.size, [](int64_t x, int64_t y, int64_t) {
    const double dx = static_cast<double>(x - 50) / 40;
    const double dy = static_cast<double>(y - 45) / 30;
    const bool table = y >= 90 && y < 92 && x >= 10 && x < 110;
    return dx * dx + dy * dy < 1 ? 40 : table ? 100 : -1000;
  });
  const CellGrid grid = cell_grid(volume.geometry, kCoarseMm);
  const CellBox box = whole_grid(grid, 8);
  const BodyFrame body = find_body(whole(volume, kCoarseMm, 8), grid, box.length, run);
  REQUIRE(body.boxes.size() == 8);
  CHECK(body.at(1000).x0 == 30);
  CHECK(body.at(-1).x1 == 270);
  CHECK(body.at(7).y0 == 48);
  CHECK(body.at(7).y1 == 228);
  const std::vector<float> places = body_coordinates(body, {12, 24, 0}, {12, 12, 12}, {6, 5, 2});
  CHECK(places[0] == doctest::Approx(-1.1));
  CHECK(places[5] == doctest::Approx(-0.6));
  CHECK(places[60] == doctest::Approx(-1.2));
  CHECK(places[60 + 4 * 6] == doctest::Approx(-2.0 / 3));
}

TEST_CASE("the likeliest label is that of one threshold, and the same in windows along z") {
  Run run;
  const Geometry source = geometry_of({50, 44, 37}, {0.9, 0.8, 1.25});
  const CellGrid grid = cell_grid(source, kFineMm);
  const CellBox box = whole_grid(grid, 8);
  // Two channels that sum to 1: the second is likelier where it is above a half.
  std::vector<float> second(static_cast<size_t>(box.cells()));
  for (size_t i = 0; i < second.size(); ++i) second[i] = 0.5F + 0.4F * std::sin(static_cast<float>(i) * 0.37F);
  std::vector<float> both(second.size());
  std::transform(second.begin(), second.end(), both.begin(), [](float value) { return 1 - value; });
  both.insert(both.end(), second.begin(), second.end());
  const Mask above = threshold_cells(second, box, grid, 0.5F, source, run);

  Mask labels{source, std::vector<uint8_t>(static_cast<size_t>(source.voxel_count()), 9)};
  label_cells(both, {0, 3}, box, {{0, box.length[1]}, {0, box.length[2]}}, grid, labels, run);
  int64_t other = 0;
  for (size_t i = 0; i < above.voxels.size(); ++i) other += labels.voxels[i] != 3 * above.voxels[i];
  CHECK(other < 20);  // 1 - p > p and p > 0.5 are rounded each in its own way.

  // Slices of cells 0 to 7 from a box of 0 to 11, the others from one of 4 to 15; of each first the rows up to cell 10.
  Mask parts{source, std::vector<uint8_t>(labels.voxels.size(), 9)};
  const int64_t plane = box.plane_cells();
  for (const auto& [first, kept] : {std::pair{0, CellRange{0, 8}}, std::pair{4, CellRange{8, 16}}}) {
    CellBox part = box;
    part.begin[2] = first;
    part.length[2] = 12;
    std::vector<float> cells;
    for (int channel = 0; channel < 2; ++channel) {
      const auto begin = both.begin() + channel * box.cells() + first * plane;
      cells.insert(cells.end(), begin, begin + 12 * plane);
    }
    label_cells(cells, {0, 3}, part, {{0, 11}, kept}, grid, parts, run);
    label_cells(cells, {0, 3}, part, {{11, box.length[1]}, kept}, grid, parts, run);
  }
  CHECK(parts.voxels == labels.voxels);
}

TEST_CASE("a mask's cells are those of a scan of its zeros and ones, and empty over the grid's end") {
  Volume scan = patterned({31, 22, 9}, {0.8, 2.1, 2.5});
  Mask mask{scan.geometry, {}};
  for (int16_t& hu : std::get<std::vector<int16_t>>(scan.hu)) {
    // What is not 0 is inside.
    mask.voxels.push_back(static_cast<uint8_t>(hu > 20 ? 200 : 0));
    hu = hu > 20 ? 1 : 0;
  }
  Run run;
  const CellGrid grid = cell_grid(scan.geometry, kFineMm);
  const CellBox box = whole_grid(grid, 8);
  const std::vector<float> expected = sample_cells(CanonicalSlices(scan), grid, box, run);
  const std::vector<float> found = sample_cells(mask, grid, box, run);
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    REQUIRE(found[i] == doctest::Approx(expected[i] == kLowestHu ? 0 : expected[i]).epsilon(1e-5));
  }
}

TEST_CASE("a slice of interpolated cells is above a threshold where the mask of the whole scan says so") {
  const Geometry source = geometry_of({29, 33, 12}, {0.9, 1.9, 2.2});
  const CellGrid grid = cell_grid(source, kFineMm);
  const CellBox box = {{3, 5, 2}, {8, 16, 5}};
  std::vector<float> cells(static_cast<size_t>(box.cells()));
  for (size_t i = 0; i < cells.size(); ++i) cells[i] = static_cast<float>(i * 29 % 97) / 97;
  Run run;
  const Mask above = threshold_cells(cells, box, grid, 0.4F, source, run);
  const CellInterpolation interpolation(cells, box, grid, source);
  for (int64_t z = 0; z < source.size[2]; ++z) {
    std::vector<float> values(static_cast<size_t>(source.slice_pixels()), -1);
    interpolation.slice(z, values.data());
    for (size_t i = 0; i < values.size(); ++i) REQUIRE((values[i] > 0.4F) == (above.slice(z)[i] != 0));
    const bool inside = (static_cast<double>(z) + 0.5) * 2.2 >= 6 && (static_cast<double>(z) + 0.5) * 2.2 < 21;
    // Outside the box values are left as they are.
    CHECK((*std::max_element(values.begin(), values.end()) >= 0) == inside);
    CHECK(values[0] == -1);
  }
}
