#include "ops/body_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/parallel.h"
#include "ops/components.h"
#include "ops/fill_holes.h"

namespace hepatica {
namespace {

constexpr double kShellMm = 25;
constexpr int kDirections = 72;
// In a stack of fewer, neighbours differ nearly as much as the slices half of it apart, though it is in order.
constexpr int64_t kOrderedSlices = 10;
// Slices that differ by less than this, relative to neighbours along x, may differ by noise alone.
constexpr double kNoiseRatio = 1.5;

// One slice as floats; what is not finite counts as air.
class Slice {
 public:
  Slice(const Volume& volume, const BodyLimits& limits, int64_t z)
      : width_(volume.geometry.size[0]),
        height_(volume.geometry.size[1]),
        spacing_mm_(volume.geometry.spacing_mm),
        limits_(limits) {
    std::visit(
        [&](const auto& hu) {
          const auto begin = hu.begin() + z * volume.geometry.slice_pixels();
          std::transform(begin, begin + volume.geometry.slice_pixels(), std::back_inserter(hu_), [](auto value) {
            const auto converted = static_cast<float>(value);
            return std::isfinite(converted) ? converted : -1000.0F;
          });
        },
        volume.hu);
  }

  SliceBody measure() const {
    Mask body = body_mask();
    SliceBody found;
    double area = 0, air = 0, bones = 0;
    for (int64_t y = 0, i = 0; y < height_; ++y) {
      for (int64_t x = 0; x < width_; ++x, ++i) {
        if (!body.voxels[i]) continue;
        ++area;
        found.centre_x += static_cast<double>(x);
        found.centre_y += static_cast<double>(y);
        if (hu_[i] <= limits_.body_hu) ++air;
        if (hu_[i] <= limits_.bone_hu) continue;
        ++bones;
        found.bone_centre_y += static_cast<double>(y);
      }
    }
    if (area == 0) return {};
    const double pixel_mm2 = spacing_mm_[0] * spacing_mm_[1];
    found.area_mm2 = area * pixel_mm2;
    found.air_inside_mm2 = air * pixel_mm2;
    found.centre_x /= area;
    found.centre_y /= area;
    found.bone_centre_y = bones > 0 ? found.bone_centre_y / bones : found.centre_y;
    found.shell_share = shell_share(body, found);
    return found;
  }

 private:
  Mask body_mask() const {
    Mask body{{{width_, height_, 1}, spacing_mm_}, std::vector<uint8_t>(hu_.size())};
    std::transform(hu_.begin(), hu_.end(), body.voxels.begin(), [&](float hu) { return hu > limits_.body_hu ? 1 : 0; });
    body = largest_component(body);
    fill_holes_slice(body.slice(0), width_, height_);
    return body;
  }

  double shell_share(const Mask& body, const SliceBody& centre) const {
    int shelled = 0;
    for (int i = 0; i < kDirections; ++i) {
      const double angle = 2 * std::numbers::pi * i / kDirections;
      shelled += meets_bone(body, centre, {std::cos(angle), std::sin(angle)}) ? 1 : 0;
    }
    return static_cast<double>(shelled) / kDirections;
  }

  // Along the ray from the centre, in steps of the finer spacing: bone at most so far from the last pixel of the body.
  bool meets_bone(const Mask& body, const SliceBody& centre, const std::array<double, 2>& direction) const {
    const double step_mm = std::min(spacing_mm_[0], spacing_mm_[1]);
    double border_mm = 0;
    double bone_mm = -2 * kShellMm;
    for (double r = 0;; r += step_mm) {
      const auto x = std::lround(centre.centre_x + r * direction[0] / spacing_mm_[0]);
      const auto y = std::lround(centre.centre_y + r * direction[1] / spacing_mm_[1]);
      if (x < 0 || y < 0 || x >= width_ || y >= height_) break;
      const int64_t i = y * width_ + x;
      if (body.voxels[i]) border_mm = r;
      if (body.voxels[i] && hu_[i] > limits_.bone_hu) bone_mm = r;
    }
    return border_mm - bone_mm <= kShellMm;
  }

  int64_t width_;
  int64_t height_;
  Vec3 spacing_mm_;
  BodyLimits limits_;
  std::vector<float> hu_;
};

// Sums over pairs of values.
struct Pairs {
  double count = 0, sum_a = 0, sum_b = 0, sum_aa = 0, sum_bb = 0, sum_ab = 0;

  void add(double a, double b) {
    if (!std::isfinite(a) || !std::isfinite(b)) return;
    ++count;
    sum_a += a;
    sum_b += b;
    sum_aa += a * a;
    sum_bb += b * b;
    sum_ab += a * b;
  }
  double correlation() const {
    const double variance_a = sum_aa * count - sum_a * sum_a;
    const double variance_b = sum_bb * count - sum_b * sum_b;
    if (count == 0 || variance_a <= 0 || variance_b <= 0) return 1;
    return (sum_ab * count - sum_a * sum_b) / std::sqrt(variance_a * variance_b);
  }
};

double neighbour_correlation(const Volume& volume) {
  const Geometry& geometry = volume.geometry;
  const int64_t width = geometry.size[0];
  Pairs pairs;
  std::visit(
      [&](const auto& hu) {
        for (int64_t row = 0; row < geometry.size[1] * geometry.size[2]; ++row) {
          const bool has_next = (row + 1) % geometry.size[1] != 0;
          const auto* value = hu.data() + row * width;
          for (int64_t x = 0; x < width; ++x) {
            if (x + 1 < width) pairs.add(value[x], value[x + 1]);
            if (has_next) pairs.add(value[x], value[x + width]);
          }
        }
      },
      volume.hu);
  return pairs.correlation();
}

// Of voxels that lie `step` apart in memory; those that are not finite are left out.
double mean_difference(const Volume& volume, int64_t step) {
  double sum = 0;
  double count = 0;
  std::visit(
      [&](const auto& hu) {
        for (size_t i = 0; i + step < hu.size(); ++i) {
          const double difference = std::abs(static_cast<double>(hu[i]) - static_cast<double>(hu[i + step]));
          if (!std::isfinite(difference)) continue;
          sum += difference;
          ++count;
        }
      },
      volume.hu);
  return count > 0 ? sum / count : 0;
}

double slice_disorder(const Volume& volume) {
  const int64_t slices = volume.geometry.slice_count();
  if (slices < kOrderedSlices) return 0;
  const double near = mean_difference(volume, volume.geometry.slice_pixels());
  if (near <= kNoiseRatio * mean_difference(volume, 1)) return 0;
  return near / mean_difference(volume, slices / 2 * volume.geometry.slice_pixels());
}

}  // namespace

BodyStatistics body_statistics(const Volume& coarse, const BodyLimits& limits, Run& run) {
  BodyStatistics statistics;
  statistics.slices.resize(static_cast<size_t>(coarse.geometry.slice_count()));
  parallel_for(coarse.geometry.slice_count(), run,
               [&](int64_t z) { statistics.slices[z] = Slice(coarse, limits, z).measure(); });
  statistics.neighbour_correlation = neighbour_correlation(coarse);
  statistics.slice_disorder = slice_disorder(coarse);
  return statistics;
}

}  // namespace hepatica
