#include "pipelines/lesion_candidates.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"
#include "ops/components.h"

namespace hepatica {
namespace {

// One slice of the canvas on the whole grid; pixels outside the canvas repeat its border, so that interpolation does
// not fade there.
void place_on_grid(const uint8_t* canvas_plane, const RegionInput& region, std::vector<float>& plane) {
  const Canvas& canvas = region.canvas;
  for (int64_t y = 0; y < region.grid.height; ++y) {
    const int64_t row = std::clamp<int64_t>(y - canvas.y0, 0, canvas.height - 1);
    for (int64_t x = 0; x < region.grid.width; ++x) {
      const int64_t column = std::clamp<int64_t>(x - canvas.x0, 0, canvas.width - 1);
      plane[y * region.grid.width + x] = canvas_plane[row * canvas.width + column];
    }
  }
}

// The canvas pixel that each source pixel's centre lies in.
std::vector<int64_t> nearest_pixels(int64_t source_size, double source_mm, double grid_mm, int64_t begin,
                                    int64_t length) {
  std::vector<int64_t> pixels;
  for (int64_t i = 0; i < source_size; ++i) {
    const auto pixel = static_cast<int64_t>(std::floor((static_cast<double>(i) + 0.5) * source_mm / grid_mm));
    pixels.push_back(std::clamp<int64_t>(pixel - begin, 0, length - 1));
  }
  return pixels;
}

std::optional<CellInterpolation> interpolation(const LesionCells& cells, const Geometry& source) {
  if (cells.probability.empty()) return std::nullopt;
  return CellInterpolation(cells.probability, cells.box, cells.grid, source);
}

ResampleAxis axis_of(const Geometry& source, int axis, int64_t grid_size, double grid_mm) {
  return back_axis(source.size[axis], source.spacing_mm[axis], grid_size, grid_mm);
}

}  // namespace

LesionLocation::LesionLocation(const RegionInput& region, const LesionCells& cells, double share, const Mask& liver,
                               const LesionThresholds& thresholds)
    : region_(region),
      liver_(liver),
      detection_(static_cast<float>(255 * thresholds.detection)),
      extent_(static_cast<float>(255 * thresholds.extent)),
      share_(static_cast<float>(share)),
      columns_(axis_of(liver.geometry, 0, region.grid.width, region.grid.spacing_mm)),
      rows_(axis_of(liver.geometry, 1, region.grid.height, region.grid.spacing_mm)),
      cells_(interpolation(cells, liver.geometry)) {
  const auto voxels = static_cast<size_t>(liver.geometry.voxel_count());
  located_ = {{liver.geometry, std::vector<uint8_t>(voxels)}, {liver.geometry, std::vector<uint8_t>(voxels)}};
}

bool LesionLocation::add_slice(int64_t slice, const uint8_t* map) {
  const int64_t pixels = liver_.geometry.slice_pixels();
  const int64_t z = region_.first_slice + slice;
  std::vector<float> plane(static_cast<size_t>(region_.grid.pixels()));
  std::vector<float> values(static_cast<size_t>(pixels));
  place_on_grid(map, region_, plane);
  resample_plane(plane.data(), columns_, rows_, values.data());
  if (cells_) {
    std::vector<float> others(values.size());
    cells_->slice(z, others.data());
    for (size_t i = 0; i < values.size(); ++i) values[i] = (1 - share_) * values[i] + share_ * (255 * others[i]);
  }
  bool any = false;
  for (int64_t pixel = 0; pixel < pixels; ++pixel) {
    if (liver_.slice(z)[pixel] == 0) continue;
    located_.probability.slice(z)[pixel] = static_cast<uint8_t>(values[pixel] + 0.5F);
    if (values[pixel] <= extent_) continue;
    located_.levels.slice(z)[pixel] = values[pixel] > detection_ ? kAboveBoth : 1;
    any = true;
  }
  return any;
}

std::vector<int64_t> LesionLocation::add(int64_t first, std::span<const uint8_t> map, Run& run) {
  const int64_t pixels = region_.canvas.pixels();
  std::vector<uint8_t> any(map.size() / static_cast<size_t>(pixels));
  parallel_for(static_cast<int64_t>(any.size()), run,
               [&](int64_t i) { any[i] = add_slice(first + i, map.data() + i * pixels) ? 1 : 0; });
  std::vector<int64_t> slices;
  for (size_t i = 0; i < any.size(); ++i) {
    if (any[i] != 0) slices.push_back(static_cast<int64_t>(i));
  }
  return slices;
}

LocatedLesions locate_lesions(const RegionInput& region, const LesionMaps& maps, const LesionCells& cells, double share,
                              const Mask& liver, const LesionThresholds& thresholds, Run& run) {
  LesionLocation location(region, cells, share, liver, thresholds);
  location.add(0, maps.location, run);
  return location.take();
}

std::vector<LesionScores> score_lesions(const Mask& ids, int count, const ByteVolume& probability,
                                        const LesionMaps& maps, const RegionInput& region) {
  struct Sums {
    int64_t voxels = 0;
    int64_t location = 0;
    std::array<int64_t, kLesionTypes> classes{};
  };
  std::vector<Sums> sums(static_cast<size_t>(count));
  const Geometry& geometry = ids.geometry;
  const Canvas& canvas = region.canvas;
  const double grid_mm = region.grid.spacing_mm;
  const auto columns = nearest_pixels(geometry.size[0], geometry.spacing_mm[0], grid_mm, canvas.x0, canvas.width);
  const auto rows = nearest_pixels(geometry.size[1], geometry.spacing_mm[1], grid_mm, canvas.y0, canvas.height);
  for (int64_t i = 0; count > 0 && i < region.slices; ++i) {
    const int64_t z = region.first_slice + i;
    for (int64_t pixel = 0; pixel < geometry.slice_pixels(); ++pixel) {
      const uint8_t id = ids.slice(z)[pixel];
      if (id == 0) continue;
      Sums& sum = sums[id - 1];
      const int64_t row = rows[pixel / geometry.size[0]];
      const int64_t place = i * canvas.pixels() + row * canvas.width + columns[pixel % geometry.size[0]];
      ++sum.voxels;
      sum.location += probability.slice(z)[pixel];
      for (size_t type = 0; type < sum.classes.size(); ++type) sum.classes[type] += maps.classes[type][place];
    }
  }
  std::vector<LesionScores> scores;
  for (const Sums& sum : sums) {
    LesionScores& score = scores.emplace_back();
    score.detection_probability = static_cast<double>(sum.location) / (255.0 * static_cast<double>(sum.voxels));
    // The maps' bytes are rounded, so that their sum is not quite 255.
    double total = 0;
    for (const int64_t value : sum.classes) total += static_cast<double>(value);
    for (size_t type = 0; type < sum.classes.size(); ++type) {
      score.probabilities[type] = static_cast<double>(sum.classes[type]) / total;
    }
  }
  return scores;
}

}  // namespace hepatica
