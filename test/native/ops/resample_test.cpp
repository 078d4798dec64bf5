#include "ops/resample.h"

#include <cmath>
#include <numeric>

#include "core/error.h"
#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

// The mean of a step function over [begin, end), by fine sampling.
double sampled_mean(const std::vector<uint8_t>& line, double begin, double end) {
  constexpr int kSamples = 20000;
  const double covered_end = std::min(end, static_cast<double>(line.size()));
  double sum = 0;
  for (int s = 0; s < kSamples; ++s) {
    const double at = begin + (covered_end - begin) * (s + 0.5) / kSamples;
    sum += line[std::min(static_cast<size_t>(at), line.size() - 1)];
  }
  return sum / kSamples;
}

double interpolated(const std::vector<float>& plane, int64_t width, int64_t height, double x, double y) {
  x = std::clamp(x, 0.0, static_cast<double>(width - 1));
  y = std::clamp(y, 0.0, static_cast<double>(height - 1));
  const auto x0 = static_cast<int64_t>(x);
  const auto y0 = static_cast<int64_t>(y);
  const int64_t x1 = std::min(x0 + 1, width - 1);
  const int64_t y1 = std::min(y0 + 1, height - 1);
  const double u = x - static_cast<double>(x0);
  const double v = y - static_cast<double>(y0);
  const auto value = [&](int64_t column, int64_t row) { return static_cast<double>(plane[row * width + column]); };
  return (value(x0, y0) * (1 - u) + value(x1, y0) * u) * (1 - v) + (value(x0, y1) * (1 - u) + value(x1, y1) * u) * v;
}

std::vector<uint8_t> random_bytes(size_t count, uint32_t seed) {
  Noise noise(seed);
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(noise.next());
  return bytes;
}

}  // namespace

TEST_CASE("the grid that covers a slice") {
  CHECK(covering_size(256, 0.7, 1.5) == 120);
  CHECK(covering_size(512, 0.75, 1.5) == 256);
  CHECK(covering_size(512, 0.7, 0.7) == 512);
  CHECK(covering_size(3, 0.1, 0.3) == 1);
  CHECK(covering_size(1, 0.7, 1.5) == 1);
  CHECK(covering_size(33, 1.5, 0.7) == 71);
}

TEST_CASE("shrinking takes the mean of what each target pixel covers, the last one in part") {
  for (const double ratio : {1.0, 1.5, 2.0, 2.14, 7.3, 0.4, 50.0}) {
    const std::vector<uint8_t> line = random_bytes(33, 3);
    const int64_t size = covering_size(33, 1, ratio);
    const ResampleAxis x = area_axis(33, size, ratio);
    std::vector<float> target(static_cast<size_t>(size));
    resample_plane(line.data(), x, area_axis(1, 1, 1), target.data());
    for (int64_t i = 0; i < size; ++i) {
      CAPTURE(ratio);
      CAPTURE(i);
      const double begin = static_cast<double>(i) * ratio;
      CHECK(target[i] == doctest::Approx(sampled_mean(line, begin, begin + ratio)).epsilon(2e-3));
    }
  }
}

TEST_CASE("a worked mean: 5 pixels of 1 mm to pixels of 2 mm") {
  const std::vector<uint8_t> line = {10, 20, 30, 40, 55};
  std::vector<float> target(3);
  resample_plane(line.data(), area_axis(5, 3, 2), area_axis(1, 1, 1), target.data());
  CHECK(target == std::vector<float>{15, 35, 55});
}

TEST_CASE("planes are interpolated between pixel centres, and clamped at the edges") {
  const int64_t width = 17;
  const int64_t height = 9;
  std::vector<float> plane;
  for (const uint8_t byte : random_bytes(static_cast<size_t>(width * height), 8)) plane.push_back(byte / 255.0F);
  for (const double ratio : {0.5, 0.37, 1.0, 1.7}) {
    const int64_t target_width = covering_size(width, 1, ratio);
    const int64_t target_height = covering_size(height, 1, ratio);
    std::vector<float> target(static_cast<size_t>(target_width * target_height));
    resample_plane(plane.data(), bilinear_axis(width, target_width, ratio), bilinear_axis(height, target_height, ratio),
                   target.data());
    double worst = 0;
    for (int64_t y = 0; y < target_height; ++y) {
      for (int64_t x = 0; x < target_width; ++x) {
        const double expected = interpolated(plane, width, height, (static_cast<double>(x) + 0.5) * ratio - 0.5,
                                             (static_cast<double>(y) + 0.5) * ratio - 0.5);
        worst = std::max(worst, std::abs(expected - static_cast<double>(target[y * target_width + x])));
      }
    }
    CHECK(worst < 1e-6);
  }
}

TEST_CASE("a threshold is compared with the interpolated values, empty rows or not") {
  const int64_t width = 17;
  const int64_t height = 9;
  std::vector<float> plane(static_cast<size_t>(width * height), 0.0F);
  const std::vector<uint8_t> bytes = random_bytes(plane.size(), 8);
  // The first rows and the last stay empty.
  for (size_t i = 3 * width; i < plane.size() - width; ++i) plane[i] = bytes[i];
  const ResampleAxis columns = bilinear_axis(width, 40, 0.43);
  const ResampleAxis rows = bilinear_axis(height, 22, 0.41);
  std::vector<float> values(40 * 22);
  resample_plane(plane.data(), columns, rows, values.data());
  // One of them is the threshold itself: it is not above.
  for (const float threshold : {0.0F, 127.5F, values[20 * 20]}) {
    std::vector<uint8_t> expected, above(values.size(), 7);
    for (const float value : values) expected.push_back(value > threshold);
    threshold_plane(plane.data(), columns, rows, threshold, above.data());
    CHECK(above == expected);
  }
}

TEST_CASE("ratio 1 changes nothing") {
  const std::vector<uint8_t> plane = random_bytes(33 * 17, 4);
  const std::vector<float> floats(plane.begin(), plane.end());
  std::vector<float> same(plane.size());
  resample_plane(plane.data(), area_axis(33, 33, 1), area_axis(17, 17, 1), same.data());
  CHECK(same == floats);
  resample_plane(plane.data(), bilinear_axis(33, 33, 1), bilinear_axis(17, 17, 1), same.data());
  CHECK(same == floats);
}

TEST_CASE("weights of each sample add up to 1 and stay inside the source") {
  for (const ResampleAxis& axis : {area_axis(33, 100, 2.3), area_axis(7, 3, 2.5), bilinear_axis(33, 71, 0.47),
                                   bilinear_axis(1, 5, 0.2), bilinear_axis(5, 50, 3.0)}) {
    REQUIRE(axis.weight_begin.size() == static_cast<size_t>(axis.target_size + 1));
    for (int64_t i = 0; i < axis.target_size; ++i) {
      const auto begin = axis.weights.begin() + axis.weight_begin[i];
      const auto end = axis.weights.begin() + axis.weight_begin[i + 1];
      CHECK(std::accumulate(begin, end, 0.0F) == doctest::Approx(1.0));
      CHECK(axis.first[i] >= 0);
      CHECK(axis.first[i] + (end - begin) <= axis.source_size);
    }
  }
}

TEST_CASE("impossible grids are refused") {
  CHECK_THROWS_AS(covering_size(10, 0, 1), Error);
  CHECK_THROWS_AS(covering_size(10, NAN, 1), Error);
  CHECK_THROWS_AS(covering_size(10, 1, 1e-12), Error);
  CHECK_THROWS_AS(covering_size(0, 1, 1), Error);
  CHECK_THROWS_AS(area_axis(10, 0, 1), Error);
  CHECK_THROWS_AS(bilinear_axis(10, 10, -1), Error);
}
