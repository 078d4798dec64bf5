#include "ops/body_box.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
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

// Keeps pixels all of whose neighbours within `radius` along a line of `count` pixels are set; beyond the ends is
// background.
void erode_line(uint8_t* pixels, int64_t count, int64_t stride, int64_t radius) {
  int64_t unset = -1;
  std::vector<int64_t> last_unset(static_cast<size_t>(count + radius));
  for (int64_t i = 0; i < count + radius; ++i) {
    if (i >= count || pixels[i * stride] == 0) unset = i;
    last_unset[i] = unset;
  }
  for (int64_t i = 0; i < count; ++i) pixels[i * stride] = last_unset[i + radius] < i - radius ? 1 : 0;
}

// Sets pixels any of whose neighbours within `radius` is set: the background, eroded, were it not for the ends.
void dilate_line(uint8_t* pixels, int64_t count, int64_t stride, int64_t radius) {
  int64_t set = -radius - 1;
  std::vector<int64_t> last_set(static_cast<size_t>(count + radius));
  for (int64_t i = 0; i < count + radius; ++i) {
    if (i < count && pixels[i * stride] != 0) set = i;
    last_set[i] = set;
  }
  for (int64_t i = 0; i < count; ++i) pixels[i * stride] = last_set[i + radius] >= i - radius ? 1 : 0;
}

// Opening by a square of 2 * radius + 1 pixels, which is separable.
void open_square(Plane& plane, int64_t width, int64_t height, int64_t radius) {
  for (const auto line : {erode_line, dilate_line}) {
    for (int64_t y = 0; y < height; ++y) line(plane.data() + y * width, width, 1, radius);
    for (int64_t x = 0; x < width; ++x) line(plane.data() + x, height, width, radius);
  }
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
    for (size_t i = 0; i < above.size(); ++i) above[i] = static_cast<double>(slice[i]) > options_.threshold_hu ? 1 : 0;
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
