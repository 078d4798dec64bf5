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

}  // namespace

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
  const auto margin = static_cast<double>(2 * subsampling);
  const Stretch x = cover_with_cells(all.x0, all.x1, margin, input.grid.width, subsampling);
  const Stretch y = cover_with_cells(all.y0, all.y1, margin, input.grid.height, subsampling);
  return {x.begin, y.begin, x.length, y.length};
}

}  // namespace hepatica
