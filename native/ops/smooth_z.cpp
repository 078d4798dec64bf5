#include "ops/smooth_z.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"

namespace hepatica {
namespace {

// Pixels filtered together: rows of 4 KiB.
constexpr int64_t kStrip = 1024;

// Weights of the centre and of the distances 1, 2, ... to one side; both sides sum to 1.
std::vector<float> gaussian_weights(double sigma_slices, int64_t slice_count) {
  // Beyond the volume's length every weight falls on an end slice; that many need no longer kernel.
  const auto radius = static_cast<int64_t>(std::min(3 * sigma_slices + 0.5, 4.0 * static_cast<double>(slice_count)));
  std::vector<double> weights;
  double total = 0;
  for (int64_t distance = 0; distance <= radius; ++distance) {
    const double z = static_cast<double>(distance) / sigma_slices;
    weights.push_back(std::exp(-0.5 * z * z));
    total += weights.back() * (distance == 0 ? 1 : 2);
  }
  std::vector<float> normalized;
  for (const double weight : weights) normalized.push_back(static_cast<float>(weight / total));
  return normalized;
}

void smooth_strip(float* strip, int64_t width, int64_t slice_pixels, int64_t slice_count,
                  const std::vector<float>& weights) {
  std::vector<float> columns(static_cast<size_t>(width * slice_count));
  for (int64_t z = 0; z < slice_count; ++z) {
    std::copy_n(strip + z * slice_pixels, width, columns.data() + z * width);
  }
  const auto radius = static_cast<int64_t>(weights.size()) - 1;
  for (int64_t z = 0; z < slice_count; ++z) {
    float* target = strip + z * slice_pixels;
    std::fill_n(target, width, 0.0F);
    for (int64_t offset = -radius; offset <= radius; ++offset) {
      const float* source = columns.data() + std::clamp<int64_t>(z + offset, 0, slice_count - 1) * width;
      const float weight = weights[std::abs(offset)];
      for (int64_t i = 0; i < width; ++i) target[i] += weight * source[i];
    }
  }
}

}  // namespace

void smooth_z(float* volume, int64_t slice_pixels, int64_t slice_count, double slice_spacing_mm, double sigma_mm,
              Run& run) {
  if (!(slice_spacing_mm > 0) || !(sigma_mm >= 0) || !std::isfinite(sigma_mm)) {
    throw Error("INVALID_ARGUMENT",
                "Expected a positive slice spacing and a finite width of smoothing, received " +
                    std::to_string(slice_spacing_mm) + " mm and " + std::to_string(sigma_mm) + " mm",
                {}, "sigma_mm", "Use 0 for no smoothing.");
  }
  if (sigma_mm == 0 || slice_count == 0) return;
  const std::vector<float> weights = gaussian_weights(sigma_mm / slice_spacing_mm, slice_count);
  parallel_for((slice_pixels + kStrip - 1) / kStrip, run, [&](int64_t strip) {
    const int64_t begin = strip * kStrip;
    smooth_strip(volume + begin, std::min(kStrip, slice_pixels - begin), slice_pixels, slice_count, weights);
  });
}

}  // namespace hepatica
