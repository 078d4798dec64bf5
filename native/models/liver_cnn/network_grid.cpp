#include "models/liver_cnn/network_grid.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"
#include "core/parallel.h"

namespace hepatica {
namespace {

constexpr int64_t kMaxGridSize = 4096;

int64_t grid_size(int64_t source_size, double source_mm, double grid_mm) {
  const double size = std::ceil(static_cast<double>(source_size) * source_mm / grid_mm - 1e-6);
  if (size >= 1 && size <= static_cast<double>(kMaxGridSize)) return static_cast<int64_t>(size);
  throw Error("UNSUPPORTED_GEOMETRY",
              "Expected slices of 0.1 to 4000 mm, received " + std::to_string(source_size) + " pixels of " +
                  std::to_string(source_mm) + " mm",
              {}, "spacing", "Check the pixel spacing of the source");
}

}  // namespace

NetworkGrid network_grid(const Geometry& source, double spacing_mm) {
  return {grid_size(source.size[0], source.spacing_mm[0], spacing_mm),
          grid_size(source.size[1], source.spacing_mm[1], spacing_mm), spacing_mm};
}

AxisWeights area_weights(int64_t source_size, double source_mm, int64_t grid_size, double grid_mm) {
  AxisWeights axis;
  axis.taps = std::min<int64_t>(source_size, static_cast<int64_t>(std::ceil(grid_mm / source_mm)) + 1);
  axis.first.resize(static_cast<size_t>(grid_size));
  axis.weight.assign(static_cast<size_t>(grid_size * axis.taps), 0.0F);
  std::vector<double> overlap(static_cast<size_t>(axis.taps));
  for (int64_t i = 0; i < grid_size; ++i) {
    const double begin = static_cast<double>(i) * grid_mm;
    const double end = begin + grid_mm;
    // A pixel that only touches the border through rounding weighs nothing, so the first may be moved in freely.
    const auto first = static_cast<int64_t>(std::floor(begin / source_mm));
    axis.first[i] = std::clamp<int64_t>(first, 0, source_size - axis.taps);
    double sum = 0;
    for (int64_t t = 0; t < axis.taps; ++t) {
      const double left = static_cast<double>(axis.first[i] + t) * source_mm;
      overlap[t] = std::max(0.0, std::min(end, left + source_mm) - std::max(begin, left));
      sum += overlap[t];
    }
    for (int64_t t = 0; t < axis.taps; ++t) axis.weight[i * axis.taps + t] = static_cast<float>(overlap[t] / sum);
  }
  return axis;
}

AxisWeights back_weights(int64_t source_size, double source_mm, int64_t grid_size, double grid_mm) {
  AxisWeights axis;
  axis.taps = std::min<int64_t>(2, grid_size);
  axis.first.resize(static_cast<size_t>(source_size));
  axis.weight.assign(static_cast<size_t>(source_size * axis.taps), 0.0F);
  for (int64_t i = 0; i < source_size; ++i) {
    const double position =
        std::clamp((static_cast<double>(i) + 0.5) * source_mm / grid_mm - 0.5, 0.0, static_cast<double>(grid_size - 1));
    axis.first[i] = std::min(static_cast<int64_t>(position), grid_size - axis.taps);
    const double fraction = position - static_cast<double>(axis.first[i]);
    axis.weight[i * axis.taps] = static_cast<float>(1 - fraction);
    if (axis.taps == 2) axis.weight[i * axis.taps + 1] = static_cast<float>(fraction);
  }
  return axis;
}

AreaResampler::AreaResampler(const Geometry& source, const NetworkGrid& grid)
    : source_width_(source.size[0]),
      source_height_(source.size[1]),
      columns_(area_weights(source.size[0], source.spacing_mm[0], grid.width, grid.spacing_mm)),
      rows_(area_weights(source.size[1], source.spacing_mm[1], grid.height, grid.spacing_mm)) {}

std::vector<uint8_t> resample_slices(const ByteVolume& source, const NetworkGrid& grid, float scale, Run& run) {
  const AreaResampler resampler(source.geometry, grid);
  const int64_t slices = source.geometry.slice_count();
  std::vector<uint8_t> bytes(static_cast<size_t>(slices * grid.pixels()));
  parallel_for(slices, run, [&](int64_t z) {
    const uint8_t* slice = source.slice(z);
    std::vector<float> plane;
    resampler.resample([slice](int64_t i) { return static_cast<float>(slice[i]); }, plane);
    uint8_t* target = bytes.data() + z * grid.pixels();
    for (size_t i = 0; i < plane.size(); ++i) {
      target[i] = static_cast<uint8_t>(std::clamp(std::nearbyint(scale * plane[i]), 0.0F, 255.0F));
    }
  });
  return bytes;
}

}  // namespace hepatica
