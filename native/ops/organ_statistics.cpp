#include "ops/organ_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "ops/bounding_box.h"
#include "ops/orient.h"

namespace hepatica {
namespace {

constexpr double kAirReachMm = 60;
// Interquartile range of a normal distribution with standard deviation 1.
constexpr double kQuartiles = 1.349;

double middle(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<int64_t>(values.size() / 2);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void measure_hu(const Volume& volume, const Mask& organ, OrganStatistics& found) {
  std::vector<float> values;
  std::visit(
      [&](const auto& hu) {
        for (size_t i = 0; i < hu.size(); i += 4) {
          if (organ.voxels[i] && std::isfinite(static_cast<float>(hu[i]))) values.push_back(static_cast<float>(hu[i]));
        }
      },
      volume.hu);
  if (values.empty()) return;
  const auto quantile = [&](size_t quarter) {
    const auto at = values.begin() + static_cast<int64_t>((values.size() - 1) * quarter / 4);
    std::nth_element(values.begin(), at, values.end());
    return static_cast<double>(*at);
  };
  found.median_hu = quantile(2);
  found.spread_hu = (quantile(3) - quantile(1)) / kQuartiles;
}

bool touches_border(const uint8_t* slice, int64_t width, int64_t height) {
  const auto set = [](uint8_t voxel) { return voxel != 0; };
  if (std::any_of(slice, slice + width, set)) return true;
  if (std::any_of(slice + (height - 1) * width, slice + height * width, set)) return true;
  for (int64_t y = 0; y < height; ++y) {
    if (slice[y * width] || slice[y * width + width - 1]) return true;
  }
  return false;
}

void measure_slices(const Mask& organ, bool head_first, OrganStatistics& found) {
  const Geometry& geometry = organ.geometry;
  const double pixel_mm2 = geometry.spacing_mm[0] * geometry.spacing_mm[1];
  std::vector<double> areas_mm2;
  int64_t occupied = 0;
  int64_t touching = 0;
  for (int64_t z = 0; z < geometry.slice_count(); ++z) {
    const uint8_t* slice = organ.slice(z);
    const auto pixels = geometry.slice_pixels() - std::count(slice, slice + geometry.slice_pixels(), uint8_t{0});
    areas_mm2.push_back(static_cast<double>(pixels) * pixel_mm2);
    if (pixels == 0) continue;
    ++occupied;
    touching += touches_border(slice, geometry.size[0], geometry.size[1]) ? 1 : 0;
  }
  if (head_first) std::reverse(areas_mm2.begin(), areas_mm2.end());
  found.first_slice_mm2 = areas_mm2.front();
  found.last_slice_mm2 = areas_mm2.back();
  found.largest_slice_mm2 = *std::max_element(areas_mm2.begin(), areas_mm2.end());
  found.at_border = occupied > 0 ? static_cast<double>(touching) / static_cast<double>(occupied) : 0;
}

struct Centre {
  double pixels = 0;
  double x = 0;
};

Centre centre_of(const uint8_t* slice, const Geometry& geometry) {
  Centre centre;
  for (int64_t y = 0, i = 0; y < geometry.size[1]; ++y) {
    for (int64_t x = 0; x < geometry.size[0]; ++x, ++i) {
      if (!slice[i]) continue;
      ++centre.pixels;
      centre.x += static_cast<double>(x);
    }
  }
  if (centre.pixels > 0) centre.x /= centre.pixels;
  return centre;
}

// Of the slices with the organ; those without a body around it count as filled by it.
void measure_against_body(const Mask& organ, const BodyStatistics& body, OrganStatistics& found) {
  const Geometry& geometry = organ.geometry;
  const double pixel_mm2 = geometry.spacing_mm[0] * geometry.spacing_mm[1];
  std::vector<double> shares, shells;
  double pixels = 0;
  double to_left = 0;
  double bones_to_back = 0;
  for (int64_t z = 0; z < geometry.slice_count(); ++z) {
    const Centre centre = centre_of(organ.slice(z), geometry);
    if (centre.pixels == 0) continue;
    const SliceBody& around = body.slices[z];
    shares.push_back(around.area_mm2 > 0 ? centre.pixels * pixel_mm2 / around.area_mm2 : 1);
    shells.push_back(around.shell_share);
    pixels += centre.pixels;
    to_left += centre.pixels * (centre.x - around.centre_x);
    bones_to_back += centre.pixels * (around.bone_centre_y - around.centre_y);
  }
  if (pixels == 0) return;
  found.of_body = middle(shares);
  found.shell_share = middle(shells);
  found.to_left_mm = to_left / pixels * geometry.spacing_mm[0];
  found.bones_to_back_mm = bones_to_back / pixels * geometry.spacing_mm[1];
}

double air_ml(const BodyStatistics& body, int64_t begin, int64_t end, double step_mm) {
  double sum_mm2 = 0;
  for (int64_t z = begin; z < end; ++z) sum_mm2 += body.slices[z].air_inside_mm2;
  return sum_mm2 * step_mm / 1000;
}

void measure_air(const Mask& organ, const BodyStatistics& body, OrganStatistics& found) {
  const std::optional<BoundingBox> box = bounding_box(organ);
  if (!box) return;
  const int64_t slices = organ.geometry.slice_count();
  const double step_mm = organ.geometry.spacing_mm[2];
  const auto reach = std::lround(std::min(kAirReachMm / step_mm, 65535.0));
  found.air_above_ml = air_ml(body, std::max<int64_t>(0, box->max[2] - reach), slices, step_mm);
  found.air_below_ml = air_ml(body, 0, std::min(slices, box->min[2] + reach + 1), step_mm);
}

}  // namespace

OrganStatistics organ_statistics(const Volume& volume, const Mask& organ, const Mask& coarse_organ,
                                 const BodyStatistics& body) {
  OrganStatistics found;
  const std::optional<BoundingBox> box = bounding_box(organ);
  if (!box) return found;
  const AxisOrder order = canonical_order(organ.geometry);
  for (int axis = 0; axis < 3; ++axis) {
    const int from = order.source_axis[axis];
    found.extent_mm[axis] = static_cast<double>(box->max[from] - box->min[from] + 1) * organ.geometry.spacing_mm[from];
  }
  found.volume_ml = volume_ml(organ);
  measure_hu(volume, organ, found);
  measure_slices(organ, order.flipped[2], found);
  measure_against_body(coarse_organ, body, found);
  measure_air(coarse_organ, body, found);
  return found;
}

}  // namespace hepatica
