#include "pipelines/lesion_candidates.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/parallel.h"
#include "grid/interpolate_cells.h"
#include "ops/components.h"
#include "ops/resample.h"

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

// What the 3-D network says, joined to what the MDL-CNN does.
class SecondOpinion {
 public:
  SecondOpinion(const LesionCells& cells, double share, const Geometry& source)
      : share_(static_cast<float>(share)), cells_(cells.probability, cells.box, cells.grid, source) {}

  // `values`: 255 p of slice `z`.
  void join(int64_t z, std::vector<float>& values) const {
    std::vector<float> others(values.size());
    cells_.slice(z, others.data());
    for (size_t i = 0; i < values.size(); ++i) values[i] = (1 - share_) * values[i] + share_ * (255 * others[i]);
  }

 private:
  float share_;
  CellInterpolation cells_;
};

}  // namespace

LocatedLesions locate_lesions(const LesionPrediction& prediction, double share, const Mask& liver,
                              const LesionThresholds& thresholds, Run& run) {
  const auto& [region, maps, cells] = prediction;
  const Geometry& geometry = liver.geometry;
  const auto voxels = static_cast<size_t>(geometry.voxel_count());
  LocatedLesions located{{geometry, std::vector<uint8_t>(voxels)}, {geometry, std::vector<uint8_t>(voxels)}};
  if (region.slices == 0) return located;
  const double grid_mm = region.grid.spacing_mm;
  const ResampleAxis columns = back_axis(geometry.size[0], geometry.spacing_mm[0], region.grid.width, grid_mm);
  const ResampleAxis rows = back_axis(geometry.size[1], geometry.spacing_mm[1], region.grid.height, grid_mm);
  const auto detection = static_cast<float>(255 * thresholds.detection);
  const auto extent = static_cast<float>(255 * thresholds.extent);
  std::optional<SecondOpinion> second;
  if (!cells.probability.empty()) second.emplace(cells, share, geometry);
  parallel_for(region.slices, run, [&](int64_t i) {
    std::vector<float> plane(static_cast<size_t>(region.grid.pixels()));
    std::vector<float> values(static_cast<size_t>(geometry.slice_pixels()));
    place_on_grid(maps.location.data() + i * region.canvas.pixels(), region, plane);
    resample_plane(plane.data(), columns, rows, values.data());
    const int64_t z = region.first_slice + i;
    if (second) second->join(z, values);
    for (int64_t pixel = 0; pixel < geometry.slice_pixels(); ++pixel) {
      if (liver.slice(z)[pixel] == 0) continue;
      located.probability.slice(z)[pixel] = static_cast<uint8_t>(values[pixel] + 0.5F);
      if (values[pixel] > extent) {
        located.levels.slice(z)[pixel] = values[pixel] > detection ? kAboveBoth : 1;
      }
    }
  });
  return located;
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
