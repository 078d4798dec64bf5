#include "ops/smooth_z.h"

#include <cmath>

#include "core/error.h"
#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

// One column filtered in double precision, by the definition.
std::vector<double> naive_column(const std::vector<float>& column, double sigma_slices) {
  const auto radius = static_cast<int64_t>(3 * sigma_slices + 0.5);
  const auto count = static_cast<int64_t>(column.size());
  std::vector<double> filtered;
  for (int64_t z = 0; z < count; ++z) {
    double sum = 0;
    double total = 0;
    for (int64_t offset = -radius; offset <= radius; ++offset) {
      const double u = static_cast<double>(offset) / sigma_slices;
      sum += std::exp(-0.5 * u * u) * static_cast<double>(column[std::clamp<int64_t>(z + offset, 0, count - 1)]);
      total += std::exp(-0.5 * u * u);
    }
    filtered.push_back(sum / total);
  }
  return filtered;
}

std::vector<float> random_probabilities(int64_t count) {
  Noise noise(21);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = static_cast<float>(noise.next()) / 65536.0F;
  return values;
}

}  // namespace

TEST_CASE("columns are filtered by a Gaussian in mm, the same whatever the thread count") {
  for (const int64_t slices : {1, 2, 19}) {
    const int64_t pixels = 2100;
    const std::vector<float> volume = random_probabilities(pixels * slices);
    Run one;
    one.threads = 1;
    std::vector<float> smoothed = volume;
    smooth_z(smoothed.data(), pixels, slices, 2.5, 4.0, one);
    Run many;
    many.threads = 4;
    std::vector<float> again = volume;
    smooth_z(again.data(), pixels, slices, 2.5, 4.0, many);
    CHECK(smoothed == again);
    double worst = 0;
    for (int64_t pixel = 0; pixel < pixels; ++pixel) {
      std::vector<float> column;
      for (int64_t z = 0; z < slices; ++z) column.push_back(volume[z * pixels + pixel]);
      const std::vector<double> expected = naive_column(column, 4.0 / 2.5);
      for (int64_t z = 0; z < slices; ++z) {
        worst = std::max(worst, std::abs(expected[z] - static_cast<double>(smoothed[z * pixels + pixel])));
      }
    }
    CHECK(worst < 1e-6);
  }
}

TEST_CASE("no width, no slices, and widths that aren't one") {
  Run run;
  const std::vector<float> volume = random_probabilities(12);
  std::vector<float> same = volume;
  smooth_z(same.data(), 4, 3, 1, 0, run);
  CHECK(same == volume);
  smooth_z(same.data(), 4, 0, 1, 5, run);
  CHECK_THROWS_AS(smooth_z(same.data(), 4, 3, 1, -1, run), Error);
  CHECK_THROWS_AS(smooth_z(same.data(), 4, 3, 0, 1, run), Error);
  CHECK_THROWS_AS(smooth_z(same.data(), 4, 3, 1, NAN, run), Error);
}

TEST_CASE("a width far beyond the volume gives its mean, more or less") {
  Run run;
  std::vector<float> column = {0, 0, 1, 1};
  smooth_z(column.data(), 1, 4, 1, 1e9, run);
  for (const float value : column) CHECK(value == doctest::Approx(0.5).epsilon(0.15));
}
