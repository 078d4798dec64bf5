#include "ops/body_box.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>

#include "core/error.h"
#include "core/parallel.h"
#include "ops/components.h"
#include "ops/resample.h"

namespace hepatica {
namespace {

using Plane = std::vector<uint8_t>;

template <class Combine>
void combine_rows(uint8_t* __restrict row, const uint8_t* __restrict other, int64_t count, Combine combine) {
  for (int64_t i = 0; i < count; ++i) row[i] = static_cast<uint8_t>(combine(row[i], other[i]));
}

// Each pixel combined with its neighbours within `radius` along its row, then along its column; beyond the plane is
// background. Whole rows are combined at a time, which vectorizes.
template <class Combine>
void combine_square(Plane& plane, int64_t width, int64_t height, int64_t radius, Combine combine) {
  std::vector<uint8_t> padded(static_cast<size_t>(width + 2 * radius));
  for (int64_t y = 0; y < height; ++y) {
    uint8_t* row = plane.data() + y * width;
    std::copy_n(row, width, padded.data() + radius);
    for (int64_t shift = 0; shift <= 2 * radius; ++shift) combine_rows(row, padded.data() + shift, width, combine);
  }
  Plane rows(static_cast<size_t>(width * (height + 2 * radius)));
  std::copy(plane.begin(), plane.end(), rows.begin() + width * radius);
  for (int64_t y = 0; y < height; ++y) {
    uint8_t* row = plane.data() + y * width;
    for (int64_t shift = 0; shift <= 2 * radius; ++shift) {
      combine_rows(row, rows.data() + (y + shift) * width, width, combine);
    }
  }
}

// Opening by a square of 2 * radius + 1 pixels: erosion, then dilation, both separable.
void open_square(Plane& plane, int64_t width, int64_t height, int64_t radius) {
  combine_square(plane, width, height, radius, std::bit_and<>());
  combine_square(plane, width, height, radius, std::bit_or<>());
}

class BodyFinder {
 public:
  BodyFinder(const Geometry& geometry, const BodyBoxOptions& options)
      : options_(options),
        x_(axis(geometry, 0, options.grid_spacing_mm)),
        y_(axis(geometry, 1, options.grid_spacing_mm)),
        radius_(std::max(1L, std::lrint(options.opening_mm / options.grid_spacing_mm))) {}

  template <class Hu>
  BodyBox find(const Hu* slice) const {
    Plane body = body_on_grid(slice);
    open_square(body, x_.target_size, y_.target_size, radius_);
    return box_of_parts({{.size = {x_.target_size, y_.target_size, 1}}, std::move(body)});
  }

 private:
  static ResampleAxis axis(const Geometry& geometry, int index, double spacing_mm) {
    const int64_t size = covering_size(geometry.size[index], geometry.spacing_mm[index], spacing_mm);
    return area_axis(geometry.size[index], size, spacing_mm / geometry.spacing_mm[index]);
  }

  template <class Hu>
  Plane body_on_grid(const Hu* slice) const {
    Plane above(static_cast<size_t>(x_.source_size * y_.source_size));
    // False for NaN.
    const auto threshold = static_cast<float>(options_.threshold_hu);
    for (size_t i = 0; i < above.size(); ++i) above[i] = static_cast<float>(slice[i]) > threshold ? 1 : 0;
    std::vector<float> part(static_cast<size_t>(x_.target_size * y_.target_size));
    resample_plane(above.data(), x_, y_, part.data());
    Plane body(part.size());
    std::transform(part.begin(), part.end(), body.begin(), [](float covered) { return covered >= 0.5F ? 1 : 0; });
    return body;
  }

  BodyBox box_of_parts(const Mask& body) const {
    const ComponentMap map(body, Connectivity::kFaces);
    if (map.components().empty()) {
      return {0, 0, static_cast<float>(x_.target_size), static_cast<float>(y_.target_size)};
    }
    BoundingBox box = map.components()[0].box;
    for (const Component& part : map.components()) {
      if (part.voxels * 10 < map.components()[0].voxels) break;
      for (int i = 0; i < 2; ++i) {
        box.min[i] = std::min(box.min[i], part.box.min[i]);
        box.max[i] = std::max(box.max[i], part.box.max[i]);
      }
    }
    return {static_cast<float>(box.min[0]), static_cast<float>(box.min[1]), static_cast<float>(box.max[0] + 1),
            static_cast<float>(box.max[1] + 1)};
  }

  BodyBoxOptions options_;
  ResampleAxis x_;
  ResampleAxis y_;
  int64_t radius_;
};

// The mean of the two middle values where their number is even.
float median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<int64_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

std::vector<BodyBox> median_over_slices(const std::vector<BodyBox>& boxes, int64_t reach) {
  constexpr std::array<float BodyBox::*, 4> kSides = {&BodyBox::x0, &BodyBox::y0, &BodyBox::x1, &BodyBox::y1};
  const auto count = static_cast<int64_t>(boxes.size());
  std::vector<BodyBox> smoothed(boxes.size());
  for (int64_t z = 0; z < count; ++z) {
    for (const auto side : kSides) {
      std::vector<float> values;
      const int64_t end = std::min(count, z + reach + 1);
      for (int64_t near = std::max<int64_t>(0, z - reach); near < end; ++near) values.push_back(boxes[near].*side);
      smoothed[z].*side = median(std::move(values));
    }
  }
  return smoothed;
}

void check_options(const BodyBoxOptions& options, const Geometry& geometry) {
  const auto within = [](double value, double least, double most) { return value >= least && value <= most; };
  if (within(options.grid_spacing_mm, 0.1, 100) && within(options.opening_mm, 0, 1000) &&
      within(options.median_mm, 0, 1e6) && geometry.spacing_mm[2] > 0) {
    return;
  }
  throw Error("INVALID_ARGUMENT",
              "Expected a grid of 0.1 to 100 mm and positive distances for the body box, received a grid of " +
                  std::to_string(options.grid_spacing_mm) + " mm, opening " + std::to_string(options.opening_mm) +
                  " mm, median " + std::to_string(options.median_mm) + " mm, slices " +
                  std::to_string(geometry.spacing_mm[2]) + " mm apart",
              {}, "body_box", "Check the volume's spacing and the network's configuration.");
}

}  // namespace

std::vector<BodyBox> body_boxes(const Volume& volume, const BodyBoxOptions& options, Run& run) {
  const Geometry& geometry = volume.geometry;
  check_options(options, geometry);
  if (geometry.voxel_count() == 0) return {};
  const BodyFinder finder(geometry, options);
  std::vector<BodyBox> boxes(static_cast<size_t>(geometry.slice_count()));
  parallel_for(geometry.slice_count(), run, [&](int64_t z) {
    std::visit([&](const auto& hu) { boxes[z] = finder.find(hu.data() + z * geometry.slice_pixels()); }, volume.hu);
  });
  const double reach = std::min(options.median_mm / geometry.spacing_mm[2], static_cast<double>(boxes.size()));
  return median_over_slices(boxes, std::lrint(reach));
}

}  // namespace hepatica
