#include "training/tasks/structure/prior_errors.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hepatica {
namespace {

struct Ellipse {
  double x, y, half_width, half_height, angle;

  bool contains(int64_t column, int64_t row) const {
    const double dx = static_cast<double>(column) - x;
    const double dy = static_cast<double>(row) - y;
    const double u = (std::cos(angle) * dx + std::sin(angle) * dy) / half_width;
    const double v = (std::cos(angle) * dy - std::sin(angle) * dx) / half_height;
    return u * u + v * v <= 1;
  }
};

void paint(const Ellipse& ellipse, uint8_t value, int64_t width, int64_t height, uint8_t* plane) {
  const double reach = std::max(ellipse.half_width, ellipse.half_height);
  const auto first = [&](double c) { return std::max<int64_t>(0, static_cast<int64_t>(std::ceil(c - reach))); };
  const auto last = [&](double c, int64_t size) {
    return std::min<int64_t>(size - 1, static_cast<int64_t>(std::floor(c + reach)));
  };
  for (int64_t row = first(ellipse.y); row <= last(ellipse.y, height); ++row) {
    for (int64_t column = first(ellipse.x); column <= last(ellipse.x, width); ++column) {
      if (ellipse.contains(column, row)) plane[row * width + column] = value;
    }
  }
}

std::vector<float> gaussian(double sigma) {
  const int radius = static_cast<int>(std::ceil(3 * sigma));
  std::vector<float> weights;
  float sum = 0;
  for (int i = -radius; i <= radius; ++i) {
    weights.push_back(static_cast<float>(std::exp(-0.5 * i * i / (sigma * sigma))));
    sum += weights.back();
  }
  for (float& weight : weights) weight /= sum;
  return weights;
}

// One axis of a separable blur with the border repeated: `lines` rows of `length` values, `step` and `line_step` apart.
void blur_axis(const std::vector<float>& weights, int64_t length, int64_t step, int64_t lines, int64_t line_step,
               uint8_t* plane) {
  const auto radius = static_cast<int64_t>(weights.size() / 2);
  std::vector<float> line(static_cast<size_t>(length));
  for (int64_t l = 0; l < lines; ++l) {
    uint8_t* values = plane + l * line_step;
    for (int64_t i = 0; i < length; ++i) line[i] = values[i * step];
    for (int64_t i = 0; i < length; ++i) {
      float sum = 0;
      for (int64_t k = -radius; k <= radius; ++k) {
        sum += weights[k + radius] * line[std::clamp<int64_t>(i + k, 0, length - 1)];
      }
      values[i * step] = static_cast<uint8_t>(sum + 0.5F);
    }
  }
}

// A place where some channel says "inside"; false where there is none.
bool random_inside(const std::vector<uint8_t>& planes, int64_t pixels, Random& random, int64_t& pixel) {
  int64_t count = 0;
  const auto inside = [&](int64_t i) {
    for (size_t offset = 0; offset < planes.size(); offset += pixels) {
      if (planes[offset + i] > 127) return true;
    }
    return false;
  };
  for (int64_t i = 0; i < pixels; ++i) count += inside(i);
  if (count == 0) return false;
  int64_t wanted = random.below(count);
  for (pixel = 0; !inside(pixel) || wanted-- > 0; ++pixel) {
  }
  return true;
}

void paint_one_error(std::vector<uint8_t>& planes, int64_t width, int64_t height, Random& random) {
  const int64_t pixels = width * height;
  const auto channels = static_cast<int64_t>(planes.size()) / pixels;
  Ellipse ellipse{};
  int64_t pixel = 0;
  if (random.uniform() < 0.7 && random_inside(planes, pixels, random, pixel)) {
    ellipse.x = static_cast<double>(pixel % width + random.below(13) - 6);
    ellipse.y = static_cast<double>(pixel / width + random.below(13) - 6);
  } else {
    ellipse.x = static_cast<double>(random.below(width));
    ellipse.y = static_cast<double>(random.below(height));
  }
  ellipse.half_width = static_cast<double>(3 + random.below(15));
  ellipse.half_height = static_cast<double>(3 + random.below(15));
  ellipse.angle = random.uniform(0, std::numbers::pi);
  const bool all_channels = random.uniform() < 0.6;
  const int64_t only = random.below(channels);
  const auto value = static_cast<uint8_t>(random.uniform() < 0.5 ? 60 + random.below(196) : random.below(196));
  for (int64_t channel = 0; channel < channels; ++channel) {
    if (all_channels || channel == only) paint(ellipse, value, width, height, planes.data() + channel * pixels);
  }
}

}  // namespace

void paint_prior_errors(std::vector<uint8_t>& planes, int64_t width, int64_t height, double mean_errors,
                        Random& random) {
  for (int errors = random.poisson(mean_errors); errors > 0; --errors) paint_one_error(planes, width, height, random);
  if (random.uniform() >= 0.3 * mean_errors) return;
  const std::vector<float> weights = gaussian(random.uniform(0.5, 3));
  for (size_t offset = 0; offset < planes.size(); offset += width * height) {
    blur_axis(weights, width, 1, height, width, planes.data() + offset);
    blur_axis(weights, height, width, width, 1, planes.data() + offset);
  }
}

}  // namespace hepatica
