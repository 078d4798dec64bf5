#include "ops/components.h"

#include <deque>

#include "core/error.h"
#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

bool are_neighbours(const Size3& step, Connectivity connectivity) {
  const int64_t distance = std::abs(step[0]) + std::abs(step[1]) + std::abs(step[2]);
  return connectivity == Connectivity::kFaces ? distance == 1 : distance > 0;
}

// Voxel by voxel: the size of each component in the order of its first voxel, and each voxel's component from 1.
struct NaiveLabels {
  std::vector<int> labels;
  std::vector<int64_t> voxels;
};

NaiveLabels naive_labels(const Mask& mask, Connectivity connectivity) {
  const Size3 size = mask.geometry.size;
  NaiveLabels result{std::vector<int>(mask.voxels.size()), {}};
  const auto flood = [&](int64_t seed) {
    std::deque<int64_t> pending = {seed};
    result.voxels.push_back(0);
    result.labels[seed] = static_cast<int>(result.voxels.size());
    while (!pending.empty()) {
      const int64_t at = pending.front();
      pending.pop_front();
      ++result.voxels.back();
      const Size3 index = {at % size[0], at / size[0] % size[1], at / size[0] / size[1]};
      for (int64_t n = 0; n < 27; ++n) {
        const Size3 step = {n % 3 - 1, n / 3 % 3 - 1, n / 9 - 1};
        if (!are_neighbours(step, connectivity)) continue;
        const Size3 next = {index[0] + step[0], index[1] + step[1], index[2] + step[2]};
        bool inside = true;
        for (int axis = 0; axis < 3; ++axis) inside = inside && next[axis] >= 0 && next[axis] < size[axis];
        const int64_t to = (next[2] * size[1] + next[1]) * size[0] + next[0];
        if (!inside || mask.voxels[to] == 0 || result.labels[to] != 0) continue;
        result.labels[to] = result.labels[seed];
        pending.push_back(to);
      }
    }
  };
  for (size_t i = 0; i < mask.voxels.size(); ++i) {
    if (mask.voxels[i] != 0 && result.labels[i] == 0) flood(static_cast<int64_t>(i));
  }
  return result;
}

void check_against_naive(const Mask& mask, Connectivity connectivity) {
  const NaiveLabels naive = naive_labels(mask, connectivity);
  const ComponentMap map(mask, connectivity);
  REQUIRE(map.components().size() == naive.voxels.size());
  std::vector<bool> seen(naive.voxels.size() + 1);
  int64_t before = mask.geometry.voxel_count() + 1;
  int label_before = 0;
  for (size_t c = 0; c < map.components().size(); ++c) {
    const Component& component = map.components()[c];
    const Mask only = map.mask_of(c);
    CHECK(bounding_box(only) == component.box);
    int label = 0;
    int64_t mismatches = 0;
    for (size_t i = 0; i < only.voxels.size(); ++i) {
      if (only.voxels[i] != 0 && label == 0) label = naive.labels[i];
      mismatches += (only.voxels[i] != 0) != (label != 0 && naive.labels[i] == label);
    }
    CHECK(mismatches == 0);
    CHECK_FALSE(seen[label]);
    seen[label] = true;
    CHECK(component.voxels == naive.voxels[label - 1]);
    CHECK(component.voxels <= before);
    if (component.voxels == before) CHECK(label > label_before);
    before = component.voxels;
    label_before = label;
  }
}

Mask filled(const Geometry& geometry, uint8_t value) {
  return {geometry, std::vector<uint8_t>(static_cast<size_t>(geometry.voxel_count()), value)};
}

}  // namespace

TEST_CASE("components are those of a voxel-by-voxel flood, in every shape and density") {
  const std::vector<Size3> shapes = {{33, 17, 5}, {1, 1, 1}, {1, 1, 9}, {1, 9, 1}, {9, 1, 1}, {16, 8, 3}, {7, 7, 7}};
  for (const Size3& size : shapes) {
    for (const int percent : {5, 20, 35, 50, 80, 97}) {
      const Geometry geometry = grid(size[0], size[1], size[2]);
      const Mask mask{geometry, random_mask(static_cast<size_t>(geometry.voxel_count()), percent,
                                            static_cast<uint32_t>(size[0] + percent))};
      for (const Connectivity connectivity : {Connectivity::kFaces, Connectivity::kCorners}) {
        check_against_naive(mask, connectivity);
      }
    }
  }
}

TEST_CASE("a spiral, whose ends meet late, is one component") {
  Mask mask = filled(grid(9, 9, 1), 0);
  const char* rows[] = {"#########", "........#", "#######.#", "#.....#.#", "#.###.#.#",
                        "#.#...#.#", "#.#####.#", "#.......#", "#########"};
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 9; ++x) mask.voxels[y * 9 + x] = rows[y][x] == '#' ? 255 : 0;
  }
  check_against_naive(mask, Connectivity::kFaces);
  CHECK(ComponentMap(mask, Connectivity::kFaces).components().size() == 1);
}

TEST_CASE("the largest component connects by faces, and ties go to the first") {
  Mask mask = filled(grid(4, 4, 2), 0);
  mask.voxels[0] = 9;                       // (0, 0, 0)
  mask.voxels[1 * 4 + 1] = 9;               // (1, 1, 0) touches it at an edge only
  mask.voxels[16 + 1 * 4 + 1] = 1;          // (1, 1, 1) lies on top of that
  mask.voxels[3] = mask.voxels[4 + 3] = 1;  // (3, 0..1, 0)
  const Mask largest = largest_component(mask);
  CHECK(count_voxels(largest) == 2);
  CHECK(largest.voxels[3] == 1);
  CHECK(largest.voxels[7] == 1);
  CHECK(ComponentMap(mask, Connectivity::kCorners).components()[0].voxels == 3);
}

TEST_CASE("empty and full masks, and none at all") {
  const Geometry geometry = grid(33, 17, 3);
  CHECK(largest_component(filled(geometry, 0)).voxels == filled(geometry, 0).voxels);
  CHECK(largest_component(filled(geometry, 3)).voxels == filled(geometry, 1).voxels);
  CHECK(largest_component(filled(grid(0, 0, 0), 0)).voxels.empty());
  CHECK_FALSE(bounding_box(filled(geometry, 0)).has_value());
  CHECK(*bounding_box(filled(geometry, 2)) == BoundingBox{{0, 0, 0}, {32, 16, 2}});
  CHECK(occupied_slices(filled(geometry, 0)).empty());
}

TEST_CASE("extent, volume and slices of a mask") {
  Mask mask = filled(grid(33, 17, 4), 0);
  mask.geometry.spacing_mm = {0.5, 2, 3};
  mask.voxels[(1 * 17 + 16) * 33 + 4] = 1;
  mask.voxels[(3 * 17 + 2) * 33 + 32] = 7;
  CHECK(*bounding_box(mask) == BoundingBox{{4, 2, 1}, {32, 16, 3}});
  CHECK(count_voxels(mask) == 2);
  CHECK(volume_ml(mask) == doctest::Approx(2 * 0.5 * 2 * 3 / 1000));
  CHECK(occupied_slices(mask) == std::vector<int64_t>{1, 3});
}

TEST_CASE("a mask too wide for 16-bit columns is refused") {
  const Mask mask = filled(grid(65536, 1, 1), 1);
  CHECK_THROWS_AS(ComponentMap(mask, Connectivity::kFaces), Error);
}

TEST_CASE("hysteresis keeps the components that hold enough above both thresholds, largest first") {
  // 1 mm voxels: 0.001 ml each.
  Mask levels{{{12, 1, 1}, {1, 1, 1}}, {1, 1, 1, 1, 0, 2, 1, 2, 0, 2, 0, 1}};
  const ComponentMap map(levels, Connectivity::kFaces);
  REQUIRE(map.components().size() == 4);
  CHECK(hysteresis(map, levels, 0) == std::vector<size_t>{1, 2});
  CHECK(hysteresis(map, levels, 0.001) == std::vector<size_t>{1, 2});
  CHECK(hysteresis(map, levels, 0.0015) == std::vector<size_t>{1});
  CHECK(hysteresis(map, levels, 0.0025).empty());
}
