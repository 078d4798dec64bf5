#include "grid/sample_cells.h"

#include <algorithm>
#include <variant>

#include "core/parallel.h"
#include "platform/cpu_clones.h"

namespace hepatica {
namespace {

// Planes that one thread makes in a row: slices at their rim are sampled twice.
constexpr int64_t kPlanesPerItem = 8;

// Half the distance to the limit that a mean of saturated values may be off it.
constexpr float kAirHu = kLowestHu + 2;
constexpr float kBoneHu = kHighestHu - 2;

template <class Voxel>
[[gnu::always_inline]] inline void clip_and_add(const Voxel* __restrict row, float weight, int64_t count,
                                                float* __restrict sums) {
  for (int64_t i = 0; i < count; ++i) {
    const auto hu = static_cast<float>(row[i]);
    const float above = hu > kLowestHu ? hu : kLowestHu;
    sums[i] += weight * (above < kHighestHu ? above : kHighestHu);
  }
}

HEPATICA_CPU_CLONES
void add_row(const int16_t* row, float weight, int64_t count, float* sums) { clip_and_add(row, weight, count, sums); }

HEPATICA_CPU_CLONES
void add_row(const float* row, float weight, int64_t count, float* sums) { clip_and_add(row, weight, count, sums); }

// Of a mask: 1 inside.
HEPATICA_CPU_CLONES
void add_row(const uint8_t* __restrict row, float weight, int64_t count, float* __restrict sums) {
  for (int64_t i = 0; i < count; ++i) sums[i] += row[i] != 0 ? weight : 0;
}

void add_weighted(const std::vector<float>& plane, float weight, float* __restrict sums) {
  for (size_t i = 0; i < plane.size(); ++i) sums[i] += weight * plane[i];
}

struct Axes {
  ResampleAxis x;
  ResampleAxis y;
  ResampleAxis z;
};

Axes box_axes(const Geometry& source, const CellGrid& grid, const CellBox& box) {
  const auto axis = [&](int index) {
    return axis_part(cell_axis(source.size[index], source.spacing_mm[index], grid.size[index], grid.cell_mm[index]),
                     box.begin[index], box.length[index]);
  };
  return {axis(0), axis(1), axis(2)};
}

int32_t sample_end(const ResampleAxis& axis, int64_t i) {
  return axis.first[i] + axis.weight_begin[i + 1] - axis.weight_begin[i];
}

// The part of a source slice that the box needs, on the cells of its plane.
template <class Voxel>
void sample_plane(const Voxel* slice, const Axes& axes, std::vector<float>& row, std::vector<float>& plane) {
  const ResampleAxis& x = axes.x;
  const ResampleAxis& y = axes.y;
  const int32_t first = x.first.front();
  const int32_t end = sample_end(x, x.target_size - 1);
  row.resize(static_cast<size_t>(end - first));
  plane.resize(static_cast<size_t>(x.target_size * y.target_size));
  for (int64_t j = 0; j < y.target_size; ++j) {
    std::fill(row.begin(), row.end(), 0.0F);
    for (int32_t w = y.weight_begin[j]; w < y.weight_begin[j + 1]; ++w) {
      const Voxel* const source = slice + (y.first[j] + w - y.weight_begin[j]) * x.source_size;
      add_row(source + first, y.weights[w], end - first, row.data());
    }
    float* const target = plane.data() + j * x.target_size;
    for (int64_t i = 0; i < x.target_size; ++i) {
      const float* value = row.data() + x.first[i] - first;
      float sum = 0;
      for (int32_t w = x.weight_begin[i]; w < x.weight_begin[i + 1]; ++w) sum += x.weights[w] * *value++;
      target[i] = sum;
    }
  }
}

// Some of the box's: 0 before they are sampled.
struct Planes {
  int64_t begin;
  int64_t end;
  float* values;
};

// `slice_of` gives a source's slice.
template <class SliceOf>
void sample_planes(const SliceOf& slice_of, const Axes& axes, const Planes& planes) {
  const auto [begin, end, values] = planes;
  std::vector<float> row;
  std::vector<float> plane;
  const ResampleAxis& z = axes.z;
  const int64_t pixels = axes.x.target_size * axes.y.target_size;
  for (int32_t slice = z.first[begin]; slice < sample_end(z, end - 1); ++slice) {
    sample_plane(slice_of(slice), axes, row, plane);
    for (int64_t k = begin; k < end; ++k) {
      if (slice < z.first[k] || slice >= sample_end(z, k)) continue;
      add_weighted(plane, z.weights[z.weight_begin[k] + slice - z.first[k]], values + (k - begin) * pixels);
    }
  }
}

// The planes of the part of the box that lies on the grid, put into the whole box.
void place_planes(const std::vector<float>& planes, const Axes& axes, int64_t first, const CellBox& box, float* cells) {
  const float* row = planes.data();
  const auto count = static_cast<int64_t>(planes.size()) / (axes.x.target_size * axes.y.target_size);
  for (int64_t k = first; k < first + count; ++k) {
    for (int64_t j = 0; j < axes.y.target_size; ++j, row += axes.x.target_size) {
      std::copy_n(row, axes.x.target_size, cells + k * box.plane_cells() + j * box.length[0]);
    }
  }
}

// `outside`: of cells over the grid's end. `sample` makes planes, on any thread.
template <class Sample>
std::vector<float> sampled(const Geometry& source, const CellGrid& grid, const CellBox& box, float outside, Run& run,
                           const Sample& sample) {
  const Axes axes = box_axes(source, grid, box);
  std::vector<float> cells(static_cast<size_t>(box.cells()), outside);
  const int64_t items = (axes.z.target_size + kPlanesPerItem - 1) / kPlanesPerItem;
  parallel_for(items, run, [&](int64_t item) {
    const int64_t begin = item * kPlanesPerItem;
    const int64_t end = std::min(begin + kPlanesPerItem, axes.z.target_size);
    std::vector<float> planes(static_cast<size_t>((end - begin) * axes.x.target_size * axes.y.target_size));
    sample(axes, {begin, end, planes.data()});
    place_planes(planes, axes, begin, box, cells.data());
  });
  return cells;
}

}  // namespace

std::vector<float> sample_cells(const CanonicalSlices& source, const CellGrid& grid, const CellBox& box, Run& run) {
  return sampled(source.geometry(), grid, box, kLowestHu, run, [&](const Axes& axes, const Planes& planes) {
    const auto sample = [&]<class Voxel>(const std::vector<Voxel>& voxels) {
      std::vector<Voxel> scratch;
      sample_planes([&](int64_t z) { return source.slice(voxels, z, scratch); }, axes, planes);
    };
    std::visit(sample, source.source().hu);
  });
}

std::vector<float> sample_cells(const Mask& mask, const CellGrid& grid, const CellBox& box, Run& run) {
  return sampled(mask.geometry, grid, box, 0, run, [&](const Axes& axes, const Planes& planes) {
    sample_planes([&](int64_t z) { return mask.slice(z); }, axes, planes);
  });
}

void map_to_network_values(std::vector<float>& hu) {
  for (float& value : hu) {
    const float meant = value <= kAirHu ? -1000.0F : value >= kBoneHu ? 400.0F : value;
    value = std::clamp((meant + 1000) / 2000, 0.0F, 1.0F);
  }
}

}  // namespace hepatica
