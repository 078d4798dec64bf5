// The in-plane grid of the network: pixels of one size for every scan. Pixel i covers [i p, (i + 1) p) mm from the
// outer edge of the source's first pixel, so a source of n pixels of s mm has ceil(n s / p) network pixels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/geometry.h"
#include "core/run.h"
#include "core/volume.h"
#include "ops/resample.h"

namespace hepatica {

struct NetworkGrid {
  int64_t width = 0;
  int64_t height = 0;
  double spacing_mm = 0;

  int64_t pixels() const { return width * height; }
};

// Throws UNSUPPORTED_GEOMETRY where the grid would be empty or above 4096 pixels a side.
NetworkGrid network_grid(const Geometry& source, double spacing_mm);

// The plain axes of the means that bring a source onto the grid: columns (x) or rows (y).
ResampleAxis grid_axis(int64_t source_size, double source_mm, int64_t grid_size, double grid_mm);

// The axis of the linear interpolation back at source pixel centres, clamped at the borders.
ResampleAxis back_axis(int64_t source_size, double source_mm, int64_t grid_size, double grid_mm);

// A part of the network grid, which may reach over its right and lower border.
struct Canvas {
  int64_t x0 = 0;
  int64_t y0 = 0;
  int64_t width = 0;
  int64_t height = 0;

  int64_t pixels() const { return width * height; }
};

// Adds weight times the canvas' plane of one slice to a plane of the whole grid, without what lies over its border.
template <class Value>
void add_to_grid(const Value* canvas_plane, const Canvas& canvas, float weight, const NetworkGrid& grid, float* plane) {
  const int64_t width = std::min(canvas.width, grid.width - canvas.x0);
  const int64_t height = std::min(canvas.height, grid.height - canvas.y0);
  for (int64_t y = 0; y < height; ++y) {
    const Value* source = canvas_plane + y * canvas.width;
    float* target = plane + (canvas.y0 + y) * grid.width + canvas.x0;
    for (int64_t x = 0; x < width; ++x) target[x] += weight * static_cast<float>(source[x]);
  }
}

// Begin and length along one axis of whole cells around `low` to `high` with `margin` pixels more on each side; begin
// is a multiple of the cell.
struct Stretch {
  int64_t begin = 0;
  int64_t length = 0;
};
Stretch cover_with_cells(double low, double high, double margin, int64_t grid_size, int64_t cell);

// The slice nearest to z's position plus offset_mm, clamped to the scan's slices; halves go up.
int64_t nearest_slice(int64_t z, double offset_mm, double slice_spacing_mm, int64_t slices);

// Gives slice z of a scan: one that is there, one made in `scratch`, slice_pixels() bytes, or null where all are 0.
// Called on any thread.
using SliceReader = std::function<const uint8_t*(int64_t z, std::vector<uint8_t>& scratch)>;

// The canvas in the slices from `first_slice` on, rounded to bytes: round(scale * mean). scale 1 for pictures; 255 for
// masks of 0 and 1 (the share of the pixel that is inside). Order (z, y, x); 0 over the grid's border.
std::vector<uint8_t> resample_canvas(const ByteVolume& source, const NetworkGrid& grid, const Canvas& canvas,
                                     int64_t first_slice, int64_t slices, float scale, Run& run);
std::vector<uint8_t> resample_canvas(const SliceReader& source, const Geometry& geometry, const NetworkGrid& grid,
                                     const Canvas& canvas, int64_t first_slice, int64_t slices, float scale, Run& run);

// The whole grid in all slices.
std::vector<uint8_t> resample_slices(const ByteVolume& source, const NetworkGrid& grid, float scale, Run& run);

}  // namespace hepatica
