#include "ops/components.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "core/error.h"

namespace hepatica {
namespace {

// The next x whose voxel is set, or is not set; size_x where there is none.
int64_t next_where(bool set, const uint8_t* row, int64_t x, int64_t size_x) {
  if (set) {
    uint64_t word;
    while (x + 8 <= size_x && (std::memcpy(&word, row + x, 8), word == 0)) x += 8;
  }
  while (x < size_x && (row[x] != 0) != set) ++x;
  return x;
}

template <class Visit>
void for_each_run(const uint8_t* row, int64_t size_x, Visit&& visit) {
  int64_t begin = next_where(true, row, 0, size_x);
  while (begin < size_x) {
    const int64_t end = next_where(false, row, begin, size_x);
    visit(begin, end);
    begin = next_where(true, row, end, size_x);
  }
}

// The smallest run of the tree, with the path halved on the way.
uint32_t root_of(std::vector<uint32_t>& parents, uint32_t run) {
  while (parents[run] != run) {
    parents[run] = parents[parents[run]];
    run = parents[run];
  }
  return run;
}

void unite(std::vector<uint32_t>& parents, uint32_t a, uint32_t b) {
  a = root_of(parents, a);
  b = root_of(parents, b);
  parents[std::max(a, b)] = std::min(a, b);
}

void check_size(const Geometry& geometry) {
  if (geometry.size[0] <= std::numeric_limits<uint16_t>::max() &&
      geometry.voxel_count() <= std::numeric_limits<uint32_t>::max()) {
    return;
  }
  throw Error("INVALID_ARGUMENT",
              "Expected a mask of at most 65535 columns and 4294967295 voxels, received " +
                  std::to_string(geometry.size[0]) + " x " + std::to_string(geometry.size[1]) + " x " +
                  std::to_string(geometry.size[2]),
              {}, "size", "Crop the mask.");
}

}  // namespace

ComponentMap::ComponentMap(const Mask& mask, Connectivity connectivity) : geometry_(mask.geometry) {
  check_size(geometry_);
  find_runs(mask);
  unite_neighbours(connectivity);
  collect_components();
}

void ComponentMap::find_runs(const Mask& mask) {
  const int64_t size_x = geometry_.size[0];
  const int64_t rows = geometry_.size[1] * geometry_.size[2];
  row_begin_.assign(static_cast<size_t>(rows) + 1, 0);
  // Counted first, so that the runs take no more memory than they need.
  for (int64_t row = 0; row < rows; ++row) {
    uint32_t count = 0;
    for_each_run(mask.voxels.data() + row * size_x, size_x, [&](int64_t, int64_t) { ++count; });
    row_begin_[row + 1] = row_begin_[row] + count;
  }
  runs_.reserve(row_begin_.back());
  for (int64_t row = 0; row < rows; ++row) {
    for_each_run(mask.voxels.data() + row * size_x, size_x, [&](int64_t begin, int64_t end) {
      runs_.push_back({static_cast<uint16_t>(begin), static_cast<uint16_t>(end)});
    });
  }
}

void ComponentMap::unite_neighbours(Connectivity connectivity) {
  owners_.resize(runs_.size());
  std::iota(owners_.begin(), owners_.end(), 0U);
  const auto [size_x, size_y, size_z] = geometry_.size;
  for (int64_t z = 0; z < size_z; ++z) {
    for (int64_t y = 0; y < size_y; ++y) {
      const int64_t row = z * size_y + y;
      const int reach = connectivity == Connectivity::kCorners ? 1 : 0;
      if (y > 0) unite_rows(row, row - 1, reach);
      if (z == 0) continue;
      unite_rows(row, row - size_y, reach);
      if (reach == 0) continue;
      if (y > 0) unite_rows(row, row - size_y - 1, reach);
      if (y + 1 < size_y) unite_rows(row, row - size_y + 1, reach);
    }
  }
}

// Both rows' runs are ordered by x: one walk over the two. Runs touch where they overlap after `reach` is added.
void ComponentMap::unite_rows(int64_t row, int64_t neighbour, int reach) {
  uint32_t a = row_begin_[row];
  uint32_t b = row_begin_[neighbour];
  while (a < row_begin_[row + 1] && b < row_begin_[neighbour + 1]) {
    if (runs_[a].begin < runs_[b].end + reach && runs_[b].begin < runs_[a].end + reach) unite(owners_, a, b);
    if (runs_[a].end < runs_[b].end) {
      ++a;
    } else {
      ++b;
    }
  }
}

void ComponentMap::collect_components() {
  // A tree's root is its smallest run, so a root is met before the runs that belong to it.
  const auto [size_x, size_y, size_z] = geometry_.size;
  for (int64_t row = 0; row < size_y * size_z; ++row) {
    const int64_t y = row % size_y;
    const int64_t z = row / size_y;
    for (uint32_t run = row_begin_[row]; run < row_begin_[row + 1]; ++run) {
      const int64_t begin = runs_[run].begin;
      const int64_t last = runs_[run].end - 1;
      if (owners_[run] == run) {
        owners_[run] = static_cast<uint32_t>(components_.size());
        components_.push_back({0, {{begin, y, z}, {last, y, z}}});
      } else {
        owners_[run] = owners_[owners_[run]];
      }
      Component& component = components_[owners_[run]];
      component.voxels += last - begin + 1;
      BoundingBox& box = component.box;
      box.min = {std::min(box.min[0], begin), std::min(box.min[1], y), box.min[2]};
      box.max = {std::max(box.max[0], last), std::max(box.max[1], y), z};
    }
  }
  sort_by_size();
}

void ComponentMap::sort_by_size() {
  std::vector<uint32_t> order(components_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return components_[a].voxels > components_[b].voxels; });
  std::vector<Component> sorted;
  std::vector<uint32_t> rank(order.size());
  for (const uint32_t component : order) {
    rank[component] = static_cast<uint32_t>(sorted.size());
    sorted.push_back(components_[component]);
  }
  components_ = std::move(sorted);
  for (uint32_t& owner : owners_) owner = rank[owner];
}

void ComponentMap::paint(size_t index, uint8_t value, Mask& mask) const {
  uint8_t* voxels = mask.voxels.data();
  visit_runs(index, [&](int64_t begin, int64_t end) { std::fill(voxels + begin, voxels + end, value); });
}

Mask ComponentMap::mask_of(size_t index) const {
  Mask mask{geometry_, std::vector<uint8_t>(static_cast<size_t>(geometry_.voxel_count()))};
  paint(index, 1, mask);
  return mask;
}

std::vector<size_t> hysteresis(const ComponentMap& map, const Mask& levels, double minimum_ml) {
  const double voxel_ml = levels.geometry.voxel_volume_ml();
  const auto enough = [&](int64_t voxels) {
    return voxels > 0 && static_cast<double>(voxels) * voxel_ml >= minimum_ml;
  };
  std::vector<size_t> kept;
  for (size_t i = 0; i < map.components().size() && enough(map.components()[i].voxels); ++i) {
    int64_t voxels = 0;
    map.visit_runs(i, [&](int64_t begin, int64_t end) {
      voxels += std::count(levels.voxels.begin() + begin, levels.voxels.begin() + end, kAboveBoth);
    });
    if (enough(voxels)) kept.push_back(i);
  }
  return kept;
}

Mask largest_component(const Mask& mask) {
  const ComponentMap map(mask, Connectivity::kFaces);
  if (!map.components().empty()) return map.mask_of(0);
  return {mask.geometry, std::vector<uint8_t>(mask.voxels.size())};
}

}  // namespace hepatica
