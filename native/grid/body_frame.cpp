#include "grid/body_frame.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/volume.h"
#include "ops/body_box.h"

namespace hepatica {
namespace {

// A cell half full of fat, the rest air as clipped values have it.
constexpr double kBodyHu = -130;
constexpr double kCoordinateLimit = 1.5;

float coordinate(double centre_mm, double low_mm, double high_mm) {
  const double place = 2 * (centre_mm - low_mm) / (high_mm - low_mm) - 1;
  return static_cast<float>(std::clamp(place, -kCoordinateLimit, kCoordinateLimit));
}

}  // namespace

const BodyFrame::Rectangle& BodyFrame::at(double z_mm) const {
  const double last = static_cast<double>(boxes.size()) - 1;
  return boxes[static_cast<size_t>(std::clamp(std::floor(z_mm / slice_mm), 0.0, last))];
}

BodyFrame find_body(const std::vector<float>& hu, const CellGrid& grid, const Size3& lengths, Run& run) {
  Volume coarse;
  coarse.geometry.size = grid.size;
  coarse.geometry.spacing_mm = grid.cell_mm;
  std::vector<float> voxels(static_cast<size_t>(grid.cells()));
  for (int64_t z = 0; z < grid.size[2]; ++z) {
    for (int64_t y = 0; y < grid.size[1]; ++y) {
      std::copy_n(hu.data() + (z * lengths[1] + y) * lengths[0], grid.size[0],
                  voxels.data() + (z * grid.size[1] + y) * grid.size[0]);
    }
  }
  coarse.hu = std::move(voxels);
  BodyBoxOptions options;
  options.grid_spacing_mm = grid.cell_mm[0];
  options.threshold_hu = kBodyHu;
  BodyFrame frame;
  frame.slice_mm = grid.cell_mm[2];
  for (const BodyBox& box : body_boxes(coarse, options, run)) {
    frame.boxes.push_back(
        {box.x0 * grid.cell_mm[0], box.y0 * grid.cell_mm[1], box.x1 * grid.cell_mm[0], box.y1 * grid.cell_mm[1]});
  }
  return frame;
}

BoxMm box_of_body(const BodyFrame& body, const Vec3& extent_mm) {
  constexpr double kMarginMm = 12;
  BoxMm box{{extent_mm[0], extent_mm[1], 0}, {0, 0, extent_mm[2]}};
  for (const BodyFrame::Rectangle& slice : body.boxes) {
    box.low[0] = std::max(0.0, std::min(box.low[0], slice.x0 - kMarginMm));
    box.low[1] = std::max(0.0, std::min(box.low[1], slice.y0 - kMarginMm));
    box.high[0] = std::min(extent_mm[0], std::max(box.high[0], slice.x1 + kMarginMm));
    box.high[1] = std::min(extent_mm[1], std::max(box.high[1], slice.y1 + kMarginMm));
  }
  return box;
}

std::vector<float> body_coordinates(const BodyFrame& body, const Vec3& corner_mm, const Vec3& cell_mm,
                                    const Size3& cells) {
  const int64_t count = cells[0] * cells[1] * cells[2];
  std::vector<float> channels(static_cast<size_t>(2 * count));
  float* along_x = channels.data();
  float* along_y = along_x + count;
  const auto centre_mm = [&](int axis, int64_t i) {
    return corner_mm[axis] + (static_cast<double>(i) + 0.5) * cell_mm[axis];
  };
  for (int64_t z = 0; z < cells[2]; ++z) {
    const BodyFrame::Rectangle& box = body.at(centre_mm(2, z));
    for (int64_t y = 0; y < cells[1]; ++y) {
      for (int64_t x = 0; x < cells[0]; ++x) {
        *along_x++ = coordinate(centre_mm(0, x), box.x0, box.x1);
        *along_y++ = coordinate(centre_mm(1, y), box.y0, box.y1);
      }
    }
  }
  return channels;
}

}  // namespace hepatica
