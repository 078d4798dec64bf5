#include "models/liver_cnn/network_input.h"

#include <algorithm>
#include <cmath>

namespace hepatica {
namespace {

constexpr double kCoordinateLimit = 1.5;

double relative_position(double pixel, double begin, double end) {
  const double position = 2 * (pixel + 0.5 - begin) / (end - begin) - 1;
  return std::clamp(position, -kCoordinateLimit, kCoordinateLimit);
}

// Begin and length along one axis: `low` to `high` with two cells more on each side, begin a multiple of the cell.
void cover(float low, float high, int64_t grid_size, int64_t cell, int64_t& begin, int64_t& length) {
  const auto margin = static_cast<double>(2 * cell);
  begin = std::max<int64_t>(0, static_cast<int64_t>(std::floor((low - margin) / static_cast<double>(cell))) * cell);
  const double end = std::min(static_cast<double>(grid_size), high + margin);
  length = static_cast<int64_t>(std::ceil((end - static_cast<double>(begin)) / static_cast<double>(cell))) * cell;
}

}  // namespace

int64_t NetworkInput::nearest_slice(int64_t z, double offset_mm) const {
  const double position = std::floor(static_cast<double>(z) + offset_mm / slice_spacing_mm + 0.5);
  return static_cast<int64_t>(std::clamp(position, 0.0, static_cast<double>(slices - 1)));
}

NetworkInput make_network_frame(const Volume& hu, const LiverCnnConfig& config, Run& run) {
  NetworkInput frame;
  frame.grid = network_grid(hu.geometry, config.spacing_mm);
  frame.slices = hu.geometry.slice_count();
  frame.slice_spacing_mm = hu.geometry.spacing_mm[2];
  BodyBoxOptions options;
  options.grid_spacing_mm = config.spacing_mm;
  frame.body = body_boxes(hu, options, run);
  return frame;
}

NetworkInput make_network_input(const Volume& hu, const ByteVolume& equalized, const LiverCnnConfig& config, Run& run) {
  NetworkInput input = make_network_frame(hu, config, run);
  input.pictures = resample_slices(equalized, input.grid, 1, run);
  return input;
}

void fill_coordinates(const BodyBox& body, const CanvasTransform& canvas, const LiverCnnConfig& config, int64_t rows,
                      int64_t columns, float* channels) {
  const auto cell = static_cast<double>(config.subsampling);
  for (size_t axis = 0; axis < config.coordinates.size(); ++axis) {
    const bool along_x = config.coordinates[axis] == "x";
    for (int64_t row = 0; row < rows; ++row) {
      const double y = static_cast<double>(row) * cell + (cell - 1) / 2;
      for (int64_t column = 0; column < columns; ++column) {
        const double x = static_cast<double>(column) * cell + (cell - 1) / 2;
        const double value = along_x ? relative_position(canvas.xx * x + canvas.xy * y + canvas.x0, body.x0, body.x1)
                                     : relative_position(canvas.yx * x + canvas.yy * y + canvas.y0, body.y0, body.y1);
        *channels++ = static_cast<float>(value);
      }
    }
  }
}

Canvas body_canvas(const NetworkInput& input, int64_t subsampling) {
  BodyBox all = input.body.front();
  for (const BodyBox& box : input.body) {
    all = {std::min(all.x0, box.x0), std::min(all.y0, box.y0), std::max(all.x1, box.x1), std::max(all.y1, box.y1)};
  }
  Canvas canvas;
  cover(all.x0, all.x1, input.grid.width, subsampling, canvas.x0, canvas.width);
  cover(all.y0, all.y1, input.grid.height, subsampling, canvas.y0, canvas.height);
  return canvas;
}

}  // namespace hepatica
