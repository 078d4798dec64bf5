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
  const double extent_mm = static_cast<double>(source_size) * source_mm;
  if (extent_mm > 0 && extent_mm <= static_cast<double>(kMaxGridSize) * grid_mm) {
    return covering_size(source_size, source_mm, grid_mm);
  }
  throw Error("UNSUPPORTED_GEOMETRY",
              "Expected slices of at most " + std::to_string(static_cast<double>(kMaxGridSize) * grid_mm) +
                  " mm a side, received " + std::to_string(source_size) + " pixels of " + std::to_string(source_mm) +
                  " mm",
              {}, "spacing", "Check the pixel spacing of the source");
}

}  // namespace

NetworkGrid network_grid(const Geometry& source, double spacing_mm) {
  return {grid_size(source.size[0], source.spacing_mm[0], spacing_mm),
          grid_size(source.size[1], source.spacing_mm[1], spacing_mm), spacing_mm};
}

ResampleAxis grid_axis(int64_t source_size, double source_mm, int64_t grid_size, double grid_mm) {
  return area_axis(source_size, grid_size, grid_mm / source_mm);
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

std::vector<uint8_t> resample_slices(const ByteVolume& source, const NetworkGrid& grid, float scale, Run& run) {
  const Geometry& geometry = source.geometry;
  const ResampleAxis columns = grid_axis(geometry.size[0], geometry.spacing_mm[0], grid.width, grid.spacing_mm);
  const ResampleAxis rows = grid_axis(geometry.size[1], geometry.spacing_mm[1], grid.height, grid.spacing_mm);
  std::vector<uint8_t> bytes(static_cast<size_t>(geometry.slice_count() * grid.pixels()));
  parallel_for(geometry.slice_count(), run, [&](int64_t z) {
    std::vector<float> plane(static_cast<size_t>(grid.pixels()));
    resample_plane(source.slice(z), columns, rows, plane.data());
    std::transform(plane.begin(), plane.end(), bytes.begin() + z * grid.pixels(), [scale](float mean) {
      return static_cast<uint8_t>(std::clamp(std::nearbyint(scale * mean), 0.0F, 255.0F));
    });
  });
  return bytes;
}

}  // namespace hepatica
