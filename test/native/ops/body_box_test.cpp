#include "ops/body_box.h"

#include "core/error.h"
#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

// The volume of make_goldens.py: slices of several kinds, each rolled 3 columns further to the right.
Volume rolled_volume(SliceSize size) {
  const std::array<const char*, 9> kinds = {"body", "body", "noise", "air", "body", "constant", "body", "air", "body"};
  std::vector<int16_t> hu;
  for (size_t z = 0; z < kinds.size(); ++z) {
    std::vector<int16_t> slice = synthetic_slice(kinds[z], size);
    for (int64_t y = 0; y < size.height; ++y) {
      const auto row = slice.begin() + y * size.width;
      std::rotate(row, row + (size.width - 3 * static_cast<int64_t>(z) % size.width), row + size.width);
    }
    hu.insert(hu.end(), slice.begin(), slice.end());
  }
  return {grid(size.width, size.height, static_cast<int64_t>(kinds.size())), std::move(hu)};
}

std::vector<uint8_t> doubled_sides(const std::vector<BodyBox>& boxes) {
  std::vector<uint8_t> bytes;
  for (const BodyBox& box : boxes) {
    for (const float side : {box.x0, box.y0, box.x1, box.y1}) {
      const int doubled = static_cast<int>(2 * side);
      bytes.push_back(static_cast<uint8_t>(doubled & 0xFF));
      bytes.push_back(static_cast<uint8_t>(doubled >> 8));
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("boxes are those of the definition, made by OpenCV and NumPy, whatever the thread count") {
  for (const SliceSize size : {SliceSize{100, 75}, SliceSize{256, 256}, SliceSize{33, 17}}) {
    Volume volume = rolled_volume(size);
    for (const int threads : {1, 3}) {
      CAPTURE(size.width);
      Run run;
      run.threads = threads;
      volume.geometry.spacing_mm = {1.1, 1.1, 7.0};
      CHECK(fnv1a(doubled_sides(body_boxes(volume, {}, run))) == golden("body_boxes", "thick", size));
      volume.geometry.spacing_mm = {0.7, 0.7, 40.0};
      BodyBoxOptions options;
      options.grid_spacing_mm = 2;
      CHECK(fnv1a(doubled_sides(body_boxes(volume, options, run))) == golden("body_boxes", "thin", size));
    }
  }
}

TEST_CASE("a thin table under the body and small parts are left out, a large part beside it isn't") {
  const int64_t width = 120;
  const int64_t height = 100;
  std::vector<float> hu(static_cast<size_t>(width * height), -1000);
  const auto draw = [&](int64_t x0, int64_t y0, int64_t x1, int64_t y1) {
    for (int64_t y = y0; y < y1; ++y) std::fill(hu.begin() + y * width + x0, hu.begin() + y * width + x1, 40.0F);
  };
  draw(20, 10, 80, 70);    // body
  draw(0, 80, 120, 84);    // table: thinner than the opening
  draw(100, 10, 110, 60);  // arm: a seventh of the body
  draw(2, 2, 14, 14);      // a twenty-fifth of it
  Volume volume{grid(width, height, 1), hu};
  BodyBoxOptions options;
  options.grid_spacing_mm = 1;
  Run run;
  const std::vector<BodyBox> boxes = body_boxes(volume, options, run);
  REQUIRE(boxes.size() == 1);
  CHECK(boxes[0] == BodyBox{20, 10, 110, 70});
}

TEST_CASE("no body gives the whole slice, no slices give no boxes, wrong options are refused") {
  Run run;
  const Volume air{grid(30, 20, 2), std::vector<int16_t>(1200, -1000)};
  BodyBoxOptions options;
  CHECK(body_boxes(air, options, run) == std::vector<BodyBox>(2, {0, 0, 20, 14}));
  CHECK(body_boxes({grid(30, 20, 0), std::vector<int16_t>{}}, options, run).empty());
  options.grid_spacing_mm = 0;
  CHECK_THROWS_AS(body_boxes(air, options, run), Error);
}
