#include "models/liver_cnn/probability_map.h"

#include <doctest/doctest.h>

using namespace hepatica;

namespace {

Geometry geometry_of(Size3 size, Vec3 spacing_mm) {
  Geometry geometry;
  geometry.size = size;
  geometry.spacing_mm = spacing_mm;
  return geometry;
}

}  // namespace

TEST_CASE("probabilities come back to the source grid where they belong") {
  // Network pixels of 2 mm, source pixels of 1 mm; the canvas starts at network pixel (2, 1).
  const Geometry source = geometry_of({17, 33, 1}, {1, 1, 3});
  ProbabilityMap map{{9, 17, 2}, {2, 1, 4, 4}, {0}, std::vector<uint8_t>(16, 0)};
  map.probability[5] = map.probability[6] = map.probability[9] = map.probability[10] = 255;
  Run run;
  const Mask mask = threshold_on_source_grid(map, LiverCnnConfig(), source, run);
  for (int64_t y = 0; y < 33; ++y) {
    for (int64_t x = 0; x < 17; ++x) {
      // Network pixels 3 and 4 by 2 and 3 are source pixels 6 to 9 by 4 to 7; at their corners the bilinear value is
      // 0.75 * 0.75, beyond their edges 0.25.
      const bool expected = x >= 6 && x <= 9 && y >= 4 && y <= 7;
      CHECK_MESSAGE(mask.voxels[y * 17 + x] == (expected ? 1 : 0), x << ", " << y);
    }
  }
}

TEST_CASE("slices between computed ones are interpolated, ends repeated") {
  const Geometry source = geometry_of({2, 2, 9}, {2, 2, 1});
  LiverCnnConfig config;
  config.slice_step_mm = 4;
  NetworkInput input;
  input.slices = 9;
  input.slice_spacing_mm = 1;
  ProbabilityMap map{{2, 2, 2}, {0, 0, 2, 2}, predicted_slices(input, config), {}};
  REQUIRE(map.slices == std::vector<int64_t>{2, 6});
  map.probability = {0, 0, 0, 0, 200, 200, 200, 200};
  Run run;
  const Mask mask = threshold_on_source_grid(map, config, source, run);
  // 127.5 is crossed between z = 4 (100) and z = 5 (150).
  for (int64_t z = 0; z < 9; ++z) CHECK_MESSAGE(mask.slice(z)[0] == (z >= 5 ? 1 : 0), z);
}

TEST_CASE("smoothing along z removes a slice that stands alone") {
  const Geometry source = geometry_of({3, 3, 11}, {2, 2, 2});
  LiverCnnConfig config;
  ProbabilityMap map{{3, 3, 2}, {0, 0, 3, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, std::vector<uint8_t>(99, 255)};
  std::fill_n(map.probability.begin() + 45, 9, uint8_t{0});
  Run run;
  CHECK(threshold_on_source_grid(map, config, source, run).slice(5)[4] == 0);
  config.z_smoothing_mm = 4;
  CHECK(threshold_on_source_grid(map, config, source, run).slice(5)[4] == 1);
}
