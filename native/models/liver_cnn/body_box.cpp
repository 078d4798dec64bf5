#include "models/liver_cnn/body_box.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "core/parallel.h"

namespace hepatica {
namespace {

constexpr float kBodyHu = -150;
constexpr double kOpeningRadiusMm = 4;
constexpr double kMedianReachMm = 20;
constexpr int64_t kSmallestPart = 10;  // of the largest part's area, 1 / 10

// Minimum (erosion) or maximum (dilation) over 2 r + 1 pixels along a line of `count` pixels `step` apart; pixels
// outside the plane are empty.
void filter_line(uint8_t* line, int64_t count, int64_t step, int64_t radius, bool erode,
                 std::vector<uint8_t>& scratch) {
  scratch.resize(static_cast<size_t>(count));
  int64_t inside = 0;  // set pixels in the window
  for (int64_t i = 0; i < std::min(radius, count); ++i) inside += line[i * step];
  for (int64_t i = 0; i < count; ++i) {
    if (i + radius < count) inside += line[(i + radius) * step];
    if (i - radius - 1 >= 0) inside -= line[(i - radius - 1) * step];
    scratch[i] = erode ? inside == 2 * radius + 1 : inside > 0;
  }
  for (int64_t i = 0; i < count; ++i) line[i * step] = scratch[i];
}

void open_mask(std::vector<uint8_t>& mask, const NetworkGrid& grid, int64_t radius) {
  std::vector<uint8_t> scratch;
  for (const bool erode : {true, false}) {
    for (int64_t y = 0; y < grid.height; ++y) {
      filter_line(mask.data() + y * grid.width, grid.width, 1, radius, erode, scratch);
    }
    for (int64_t x = 0; x < grid.width; ++x) {
      filter_line(mask.data() + x, grid.height, grid.width, radius, erode, scratch);
    }
  }
}

struct Part {
  int64_t area = 0;
  int64_t x0 = 0;
  int64_t y0 = 0;
  int64_t x1 = 0;
  int64_t y1 = 0;
};

// The 4-connected part that holds `seed`; its pixels are cleared.
Part take_part(std::vector<uint8_t>& mask, const NetworkGrid& grid, int64_t seed, std::vector<int64_t>& stack) {
  Part part{0, grid.width, grid.height, 0, 0};
  mask[seed] = 0;
  stack.assign(1, seed);
  while (!stack.empty()) {
    const int64_t pixel = stack.back();
    stack.pop_back();
    const int64_t x = pixel % grid.width;
    const int64_t y = pixel / grid.width;
    part = {part.area + 1, std::min(part.x0, x), std::min(part.y0, y), std::max(part.x1, x + 1),
            std::max(part.y1, y + 1)};
    const auto visit = [&](bool exists, int64_t neighbour) {
      if (!exists || !mask[neighbour]) return;
      mask[neighbour] = 0;
      stack.push_back(neighbour);
    };
    visit(x > 0, pixel - 1);
    visit(x + 1 < grid.width, pixel + 1);
    visit(y > 0, pixel - grid.width);
    visit(y + 1 < grid.height, pixel + grid.width);
  }
  return part;
}

BodyBox box_of_parts(std::vector<uint8_t>& mask, const NetworkGrid& grid) {
  std::vector<Part> parts;
  std::vector<int64_t> stack;
  int64_t largest = 0;
  for (int64_t pixel = 0; pixel < grid.pixels(); ++pixel) {
    if (!mask[pixel]) continue;
    parts.push_back(take_part(mask, grid, pixel, stack));
    largest = std::max(largest, parts.back().area);
  }
  if (parts.empty()) return {0, 0, static_cast<float>(grid.width), static_cast<float>(grid.height)};
  Part all{0, grid.width, grid.height, 0, 0};
  for (const Part& part : parts) {
    if (part.area * kSmallestPart < largest) continue;
    all = {0, std::min(all.x0, part.x0), std::min(all.y0, part.y0), std::max(all.x1, part.x1),
           std::max(all.y1, part.y1)};
  }
  return {static_cast<float>(all.x0), static_cast<float>(all.y0), static_cast<float>(all.x1),
          static_cast<float>(all.y1)};
}

float median(std::vector<float>& values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<BodyBox> smooth_boxes(const std::vector<BodyBox>& boxes, double slice_spacing_mm) {
  const auto count = static_cast<int64_t>(boxes.size());
  const auto reach = static_cast<int64_t>(std::nearbyint(kMedianReachMm / slice_spacing_mm));
  std::vector<BodyBox> smoothed(boxes.size());
  std::vector<float> values;
  for (float BodyBox::*edge : {&BodyBox::x0, &BodyBox::y0, &BodyBox::x1, &BodyBox::y1}) {
    for (int64_t z = 0; z < count; ++z) {
      values.clear();
      for (int64_t i = std::max<int64_t>(0, z - reach); i <= std::min(count - 1, z + reach); ++i) {
        values.push_back(boxes[i].*edge);
      }
      smoothed[z].*edge = median(values);
    }
  }
  return smoothed;
}

template <class Value>
BodyBox slice_box(const Value* slice, const AreaResampler& resampler, const NetworkGrid& grid, int64_t radius) {
  std::vector<float> share;
  resampler.resample([slice](int64_t i) { return static_cast<float>(slice[i]) > kBodyHu ? 1.0F : 0.0F; }, share);
  std::vector<uint8_t> mask(share.size());
  for (size_t i = 0; i < share.size(); ++i) mask[i] = share[i] >= 0.5F;
  open_mask(mask, grid, radius);
  return box_of_parts(mask, grid);
}

}  // namespace

std::vector<BodyBox> body_boxes(const Volume& hu, const NetworkGrid& grid, Run& run) {
  const AreaResampler resampler(hu.geometry, grid);
  const auto radius = std::max<int64_t>(1, static_cast<int64_t>(std::nearbyint(kOpeningRadiusMm / grid.spacing_mm)));
  std::vector<BodyBox> boxes(static_cast<size_t>(hu.geometry.slice_count()));
  std::visit(
      [&](const auto& voxels) {
        parallel_for(hu.geometry.slice_count(), run, [&](int64_t z) {
          boxes[z] = slice_box(voxels.data() + z * hu.geometry.slice_pixels(), resampler, grid, radius);
        });
      },
      hu.hu);
  return smooth_boxes(boxes, hu.geometry.spacing_mm[2]);
}

}  // namespace hepatica
