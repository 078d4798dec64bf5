#include "synthesis/blur.h"

#include <algorithm>
#include <cmath>

namespace hepatica {
namespace {

std::vector<float> half_gaussian(double sigma) {
  std::vector<float> weights;
  float sum = 0;
  for (int i = 0; i <= std::ceil(3 * sigma); ++i) {
    weights.push_back(static_cast<float>(std::exp(-0.5 * i * i / (sigma * sigma))));
    sum += (i == 0 ? 1.0F : 2.0F) * weights.back();
  }
  for (float& weight : weights) weight /= sum;
  return weights;
}

}  // namespace

PlaneBlur::PlaneBlur(const Size3& size, const Vec3& spacing_mm, double sigma_mm)
    : width_(size[0]),
      height_(size[1]),
      weights_x_(half_gaussian(sigma_mm / spacing_mm[0])),
      weights_y_(half_gaussian(sigma_mm / spacing_mm[1])) {}

// Whole rows are added up in both passes: the innermost loop runs over neighbours in memory.
void PlaneBlur::apply(std::vector<float>& plane) const {
  std::vector<float> rows(plane.size());
  for (int64_t y = 0; y < height_; ++y) {
    const float* source = plane.data() + y * width_;
    float* target = rows.data() + y * width_;
    for (int64_t x = 0; x < width_; ++x) target[x] = weights_x_[0] * source[x];
    for (int64_t k = 1; k < std::min<int64_t>(static_cast<int64_t>(weights_x_.size()), width_); ++k) {
      for (int64_t x = k; x < width_; ++x) target[x] += weights_x_[k] * source[x - k];
      for (int64_t x = 0; x < width_ - k; ++x) target[x] += weights_x_[k] * source[x + k];
    }
  }
  for (int64_t y = 0; y < height_; ++y) {
    float* target = plane.data() + y * width_;
    std::fill(target, target + width_, 0.0F);
    const auto radius = static_cast<int64_t>(weights_y_.size()) - 1;
    for (int64_t v = std::max<int64_t>(0, y - radius); v <= std::min(height_ - 1, y + radius); ++v) {
      const float weight = weights_y_[std::abs(v - y)];
      const float* source = rows.data() + v * width_;
      for (int64_t x = 0; x < width_; ++x) target[x] += weight * source[x];
    }
  }
}

}  // namespace hepatica
