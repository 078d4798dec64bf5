#include "grid/network_grid.h"

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

// As nearbyint, whose call would keep the loop from being vectorized: next to 2^23 floats are whole numbers.
uint8_t rounded(float value) {
  constexpr float kWhole = 0x1p23F;
  return static_cast<uint8_t>(std::clamp(value, 0.0F, 255.0F) + kWhole - kWhole);
}

}  // namespace

NetworkGrid network_grid(const Geometry& source, double spacing_mm) {
  return {grid_size(source.size[0], source.spacing_mm[0], spacing_mm),
          grid_size(source.size[1], source.spacing_mm[1], spacing_mm), spacing_mm};
}

ResampleAxis grid_axis(int64_t source_size, double source_mm, int64_t grid_size, double grid_mm) {
  return area_axis(source_size, grid_size, grid_mm / source_mm);
}

ResampleAxis back_axis(int64_t source_size, double source_mm, int64_t grid_size, double grid_mm) {
  return bilinear_axis(grid_size, source_size, source_mm / grid_mm);
}

Stretch cover_with_cells(double low, double high, double margin, int64_t grid_size, int64_t cell) {
  const auto pixels = static_cast<double>(cell);
  Stretch stretch;
  stretch.begin = std::max<int64_t>(0, static_cast<int64_t>(std::floor((low - margin) / pixels)) * cell);
  const double end = std::min(static_cast<double>(grid_size), high + margin);
  stretch.length = static_cast<int64_t>(std::ceil((end - static_cast<double>(stretch.begin)) / pixels)) * cell;
  return stretch;
}

int64_t nearest_slice(int64_t z, double offset_mm, double slice_spacing_mm, int64_t slices) {
  const double position = std::floor(static_cast<double>(z) + offset_mm / slice_spacing_mm + 0.5);
  return static_cast<int64_t>(std::clamp(position, 0.0, static_cast<double>(slices - 1)));
}

std::vector<uint8_t> resample_canvas(const ByteVolume& source, const NetworkGrid& grid, const Canvas& canvas,
                                     int64_t first_slice, int64_t slices, float scale, Run& run) {
  const SliceReader slice = [&](int64_t z, std::vector<uint8_t>&) { return source.slice(z); };
  return resample_canvas(slice, source.geometry, grid, canvas, first_slice, slices, scale, run);
}

std::vector<uint8_t> resample_canvas(const SliceReader& source, const Geometry& geometry, const NetworkGrid& grid,
                                     const Canvas& canvas, int64_t first_slice, int64_t slices, float scale, Run& run) {
  const ResampleAxis columns = axis_part(
      grid_axis(geometry.size[0], geometry.spacing_mm[0], grid.width, grid.spacing_mm), canvas.x0, canvas.width);
  const ResampleAxis rows = axis_part(grid_axis(geometry.size[1], geometry.spacing_mm[1], grid.height, grid.spacing_mm),
                                      canvas.y0, canvas.height);
  std::vector<uint8_t> bytes(static_cast<size_t>(slices * canvas.pixels()));
  parallel_for(slices, run, [&](int64_t i) {
    std::vector<uint8_t> scratch;
    const uint8_t* const slice = source(first_slice + i, scratch);
    if (slice == nullptr) return;
    std::vector<float> plane(static_cast<size_t>(columns.target_size * rows.target_size));
    resample_plane(slice, columns, rows, plane.data());
    for (int64_t y = 0; y < rows.target_size; ++y) {
      const float* row = plane.data() + y * columns.target_size;
      uint8_t* const target = bytes.data() + i * canvas.pixels() + y * canvas.width;
      std::transform(row, row + columns.target_size, target, [scale](float mean) { return rounded(scale * mean); });
    }
  });
  return bytes;
}

std::vector<uint8_t> resample_slices(const ByteVolume& source, const NetworkGrid& grid, float scale, Run& run) {
  return resample_canvas(source, grid, {0, 0, grid.width, grid.height}, 0, source.geometry.slice_count(), scale, run);
}

}  // namespace hepatica
