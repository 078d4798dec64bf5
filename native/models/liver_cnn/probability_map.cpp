#include "models/liver_cnn/probability_map.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"

namespace hepatica {
namespace {

// Planes of the map, by index, and how much each weighs.
using PlaneWeights = std::vector<std::pair<int64_t, float>>;

// scipy's gaussian_filter1d with truncate 3 and mode nearest.
std::vector<float> gaussian(double sigma) {
  const auto radius = static_cast<int64_t>(3 * sigma + 0.5);
  if (radius == 0) return {1};
  const auto density = [&](int64_t i) { return std::exp(-0.5 * static_cast<double>(i * i) / (sigma * sigma)); };
  double sum = 0;
  for (int64_t i = -radius; i <= radius; ++i) sum += density(i);
  std::vector<float> kernel;
  for (int64_t i = -radius; i <= radius; ++i) kernel.push_back(static_cast<float>(density(i) / sum));
  return kernel;
}

void add_smoothed(int64_t index, float weight, const std::vector<float>& kernel, int64_t planes,
                  PlaneWeights& weights) {
  const auto radius = static_cast<int64_t>(kernel.size() / 2);
  for (int64_t i = -radius; i <= radius; ++i) {
    weights.emplace_back(std::clamp<int64_t>(index + i, 0, planes - 1), weight * kernel[i + radius]);
  }
}

// What slice z is made of: its own plane, or its neighbours' by distance; smoothed along z.
PlaneWeights plane_weights(const std::vector<int64_t>& slices, int64_t z, const std::vector<float>& kernel) {
  const auto planes = static_cast<int64_t>(slices.size());
  const int64_t upper = std::lower_bound(slices.begin(), slices.end(), z) - slices.begin();
  PlaneWeights weights;
  if (upper == 0 || upper == planes || slices[upper] == z) {
    add_smoothed(std::min(upper, planes - 1), 1, kernel, planes, weights);
    return weights;
  }
  const float fraction =
      static_cast<float>(z - slices[upper - 1]) / static_cast<float>(slices[upper] - slices[upper - 1]);
  add_smoothed(upper - 1, 1 - fraction, kernel, planes, weights);
  add_smoothed(upper, fraction, kernel, planes, weights);
  return weights;
}

// The canvas' planes summed up, on the whole network grid, in units of round(255 p).
void gather_plane(const ProbabilityMap& map, const PlaneWeights& weights, std::vector<float>& plane) {
  plane.assign(static_cast<size_t>(map.grid.pixels()), 0.0F);
  for (const auto& [index, weight] : weights) add_to_grid(map.plane(index), map.canvas, weight, map.grid, plane.data());
}

}  // namespace

std::vector<int64_t> predicted_slices(const NetworkInput& input, const LiverCnnConfig& config) {
  const double steps = std::nearbyint(config.slice_step_mm / input.slice_spacing_mm);
  const auto step = static_cast<int64_t>(std::clamp(steps, 1.0, static_cast<double>(input.slices)));
  std::vector<int64_t> slices;
  for (int64_t z = step / 2; z < input.slices; z += step) slices.push_back(z);
  return slices;
}

Mask threshold_on_source_grid(const ProbabilityMap& map, const LiverCnnConfig& config, const Geometry& source,
                              Run& run) {
  const ResampleAxis columns = back_axis(source.size[0], source.spacing_mm[0], map.grid.width, map.grid.spacing_mm);
  const ResampleAxis rows = back_axis(source.size[1], source.spacing_mm[1], map.grid.height, map.grid.spacing_mm);
  const int64_t step = map.slices.size() > 1 ? map.slices[1] - map.slices[0] : 1;
  const std::vector<float> kernel =
      gaussian(config.z_smoothing_mm / (source.spacing_mm[2] * static_cast<double>(step)));
  Mask mask{source, std::vector<uint8_t>(static_cast<size_t>(source.voxel_count()))};
  parallel_for(source.slice_count(), run, [&](int64_t z) {
    std::vector<float> plane;
    gather_plane(map, plane_weights(map.slices, z, kernel), plane);
    threshold_plane(plane.data(), columns, rows, static_cast<float>(255 * config.threshold), mask.slice(z));
  });
  return mask;
}

}  // namespace hepatica
