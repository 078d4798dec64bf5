#include "training/tasks/lesions/liver_errors.h"

#include <algorithm>
#include <cmath>

namespace hepatica {
namespace {

constexpr int64_t kMostPixels = 3;
constexpr double kGrowing = 0.65;
// Size of the parts of the border that move together, in pixels, and how much of the border does: a standard normal
// value above the limit, between random values of that distance.
constexpr double kPartPixels = 10;
constexpr double kLimit = -0.2;

// Standard normal values on a coarse grid, interpolated; less wide between the grid's points, which matters little.
std::vector<bool> moving_parts(int64_t width, int64_t height, Random& random) {
  const auto cells = [](int64_t size) { return static_cast<int64_t>(static_cast<double>(size) / kPartPixels) + 2; };
  const int64_t columns = cells(width);
  std::vector<double> values(static_cast<size_t>(columns * cells(height)));
  for (double& value : values) value = random.normal(1);
  std::vector<bool> parts;
  parts.reserve(static_cast<size_t>(width * height));
  for (int64_t row = 0; row < height; ++row) {
    for (int64_t column = 0; column < width; ++column) {
      const double x = static_cast<double>(column) / kPartPixels;
      const double y = static_cast<double>(row) / kPartPixels;
      const auto i = static_cast<int64_t>(x);
      const auto j = static_cast<int64_t>(y);
      const double* corner = values.data() + j * columns + i;
      const double upper = std::lerp(corner[0], corner[1], x - static_cast<double>(i));
      const double lower = std::lerp(corner[columns], corner[columns + 1], x - static_cast<double>(i));
      parts.push_back(std::lerp(upper, lower, y - static_cast<double>(j)) > kLimit);
    }
  }
  return parts;
}

}  // namespace

LiverError::LiverError(int64_t width, int64_t height, Random& random) : width_(width), height_(height) {
  const int64_t pixels = 1 + random.below(kMostPixels);
  grows_ = random.uniform() < kGrowing;
  for (int64_t y = -pixels; y <= pixels; ++y) {
    for (int64_t x = -pixels; x <= pixels; ++x) {
      if (x * x + y * y <= pixels * pixels) disc_.push_back({x, y});
    }
  }
  wrong_ = moving_parts(width, height, random);
}

void LiverError::apply(std::vector<uint8_t>& mask) const {
  const std::vector<uint8_t> right = mask;
  // Beyond the picture the liver goes on as it is at its edge.
  const auto inside = [&](int64_t x, int64_t y) {
    x = std::clamp<int64_t>(x, 0, width_ - 1);
    y = std::clamp<int64_t>(y, 0, height_ - 1);
    return right[static_cast<size_t>(y * width_ + x)] != 0;
  };
  for (int64_t y = 0; y < height_; ++y) {
    for (int64_t x = 0; x < width_; ++x) {
      const auto i = static_cast<size_t>(y * width_ + x);
      if (!wrong_[i] || inside(x, y) == grows_) continue;
      const bool moves = std::any_of(disc_.begin(), disc_.end(),
                                     [&](const Step& step) { return inside(x + step.x, y + step.y) == grows_; });
      if (moves) mask[i] = grows_;
    }
  }
}

}  // namespace hepatica
