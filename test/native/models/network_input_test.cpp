#include "models/liver_cnn/network_input.h"

#include <doctest/doctest.h>

#include "core/error.h"

using namespace hepatica;

namespace {

// Air with a body of soft tissue in [x0, x1) x [y0, y1) of every slice.
Volume box_phantom(const Geometry& geometry, int64_t x0, int64_t y0, int64_t x1, int64_t y1) {
  std::vector<int16_t> hu(static_cast<size_t>(geometry.voxel_count()), -1000);
  for (int64_t z = 0; z < geometry.size[2]; ++z) {
    for (int64_t y = y0; y < y1; ++y) {
      for (int64_t x = x0; x < x1; ++x) hu[(z * geometry.size[1] + y) * geometry.size[0] + x] = 50;
    }
  }
  return {geometry, hu};
}

Geometry geometry_of(Size3 size, Vec3 spacing_mm) {
  Geometry geometry;
  geometry.size = size;
  geometry.spacing_mm = spacing_mm;
  return geometry;
}

}  // namespace

TEST_CASE("the way back interpolates between network pixel centres and clamps at the borders") {
  const ResampleAxis axis = back_axis(8, 1, 4, 2);
  REQUIRE(axis.source_size == 4);
  REQUIRE(axis.target_size == 8);
  const std::vector<float> grid = {10, 20, 30, 40};
  const auto value = [&](int64_t i) {
    float sum = 0;
    for (int32_t w = axis.weight_begin[i]; w < axis.weight_begin[i + 1]; ++w) {
      sum += axis.weights[w] * grid[axis.first[i] + w - axis.weight_begin[i]];
    }
    return sum;
  };
  // Source pixel 1 lies at 1.5 mm; network pixels 0 and 1 are centred at 1 and 3 mm.
  CHECK(value(1) == doctest::Approx(12.5));
  CHECK(value(0) == 10);
  CHECK(value(7) == 40);
}

TEST_CASE("odd sizes and anisotropic pixels keep constant pictures constant") {
  const Geometry geometry = geometry_of({33, 17, 1}, {0.7, 1.9, 5});
  Run run;
  const NetworkGrid grid = network_grid(geometry, 2);
  CHECK(grid.width == 12);
  CHECK(grid.height == 17);
  const ByteVolume constant{geometry, std::vector<uint8_t>(33 * 17, 201)};
  for (const uint8_t value : resample_slices(constant, grid, 1, run)) REQUIRE(value == 201);
}

TEST_CASE("a slice too small or too large for any patient is refused") {
  CHECK_THROWS_AS(network_grid(geometry_of({512, 512, 1}, {1e6, 1, 1}), 2), Error);
  CHECK_THROWS_AS(network_grid(geometry_of({512, 512, 1}, {1e-9, 1, 1}), 2), Error);
}

TEST_CASE("the body's box leaves out what is thin and small, and a slice without body") {
  const Geometry geometry = geometry_of({100, 80, 9}, {2, 2, 5});
  Volume phantom = box_phantom(geometry, 20, 10, 70, 60);
  auto& hu = std::get<std::vector<int16_t>>(phantom.hu);
  for (int64_t z = 0; z < 9; ++z) {
    for (int64_t x = 0; x < 100; ++x) hu[(z * 80 + 75) * 100 + x] = 100;             // a table of one pixel
    for (int64_t i = 0; i < 36; ++i) hu[(z * 80 + i / 6) * 100 + 90 + i % 6] = 300;  // a part of 6 x 6 pixels
  }
  std::fill_n(hu.begin() + 4 * 8000, 8000, int16_t{-1000});
  Run run;
  const std::vector<BodyBox> boxes = make_network_frame(phantom, LiverCnnConfig(), run).body;
  REQUIRE(boxes.size() == 9);
  for (const BodyBox& box : boxes) CHECK(box == BodyBox{20, 10, 70, 60});
}

TEST_CASE("coordinates run from -1 to 1 over the body") {
  LiverCnnConfig config;
  config.subsampling = 4;
  const BodyBox body{8, 4, 24, 20};
  std::vector<float> channels(2 * 8 * 8);
  fill_coordinates(body, {}, config, 8, 8, channels.data());
  // Cell 2 covers pixels 8 to 11: its centre is 2 pixels inside a body of 16.
  CHECK(channels[2] == doctest::Approx(-1 + 2 * 2.0 / 16));
  CHECK(channels[0] == doctest::Approx(-1.5));
  CHECK(channels[64 + 8 * 4] == doctest::Approx(2 * (18.0 - 4) / 16 - 1));
}

TEST_CASE("the canvas covers every body box in whole cells") {
  NetworkInput input;
  input.grid = {90, 70, 2};
  input.slices = 2;
  input.body = {{21, 9, 60, 50}, {30, 15, 88, 66}};
  const Canvas canvas = body_canvas(input, 4);
  CHECK(canvas.x0 == 12);
  CHECK(canvas.y0 == 0);
  CHECK(canvas.width == 80);
  CHECK(canvas.height == 72);
}

TEST_CASE("the nearest slice is clamped to the scan") {
  NetworkInput input;
  input.slices = 10;
  input.slice_spacing_mm = 2;
  CHECK(input.nearest_slice(5, 5) == 8);
  CHECK(input.nearest_slice(5, -5) == 3);
  CHECK(input.nearest_slice(0, -5) == 0);
  CHECK(input.nearest_slice(9, 1e6) == 9);
}
