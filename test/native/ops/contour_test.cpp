#include "ops/contour.h"

#include <tuple>

#include "ops/polygon.h"
#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

std::vector<uint8_t> serialized(std::vector<Contour> contours) {
  std::sort(contours.begin(), contours.end(), [](const Contour& a, const Contour& b) {
    return std::tuple(a.pixels[0][1], a.pixels[0][0], a.hole) < std::tuple(b.pixels[0][1], b.pixels[0][0], b.hole);
  });
  std::vector<uint8_t> bytes;
  for (const Contour& contour : contours) {
    bytes.push_back(contour.hole ? 1 : 0);
    for (const auto& [x, y] : contour.pixels) {
      for (const float value : {x, y}) {
        bytes.push_back(static_cast<uint8_t>(static_cast<int>(value) & 0xFF));
        bytes.push_back(static_cast<uint8_t>(static_cast<int>(value) >> 8));
      }
    }
  }
  return bytes;
}

double doubled_signed_area(const Contour& contour) {
  double sum = 0;
  for (size_t i = 0; i < contour.pixels.size(); ++i) {
    const auto& a = contour.pixels[i];
    const auto& b = contour.pixels[(i + 1) % contour.pixels.size()];
    sum += a[0] * b[1] - b[0] * a[1];
  }
  return sum;
}

}  // namespace

TEST_CASE("borders are those of OpenCV's findContours, pixel by pixel") {
  for (const SliceSize size : kSizes) {
    for (const char* kind : {"body", "sparse", "half", "dense"}) {
      CAPTURE(kind);
      CAPTURE(size.width);
      const std::vector<uint8_t> mask = synthetic_mask(kind, size);
      const std::vector<uint8_t> traced = serialized(trace_slice(mask.data(), size.width, size.height, 0));
      CHECK(fnv1a(traced) == golden("contours", kind, size));
    }
  }
}

TEST_CASE("traced masks are drawn back to the same masks: holes, islands in holes, lines, single pixels") {
  for (const SliceSize size : kSizes) {
    for (const char* kind : {"body", "sparse", "half", "dense"}) {
      CAPTURE(kind);
      CAPTURE(size.width);
      const Mask mask{grid(size.width, size.height, 1), synthetic_mask(kind, size)};
      Run run;
      CHECK(rasterize_contours(trace_contours(mask, run), mask.geometry, run).voxels == mask.voxels);
    }
  }
}

TEST_CASE("outer borders run counter-clockwise, holes clockwise, as the slice is displayed") {
  const SliceSize size{5, 5};
  std::vector<uint8_t> ring(25, 1);
  ring[12] = 0;
  const std::vector<Contour> contours = trace_slice(ring.data(), size.width, size.height, 3);
  REQUIRE(contours.size() == 2);
  CHECK(contours[0].slice == 3);
  CHECK_FALSE(contours[0].hole);
  CHECK(contours[0].pixels.size() == 16);
  // The y axis points down, so that counter-clockwise is negative.
  CHECK(doubled_signed_area(contours[0]) == -32);
  CHECK(contours[1].hole);
  CHECK(contours[1].pixels.size() == 4);
  CHECK(doubled_signed_area(contours[1]) == 4);
}

TEST_CASE("contours come slice by slice, whatever the thread count; an empty mask has none") {
  const Geometry geometry = grid(33, 17, 9);
  const Mask mask{geometry, random_mask(static_cast<size_t>(geometry.voxel_count()), 60, 5)};
  Run one;
  one.threads = 1;
  Run many;
  many.threads = 7;
  const std::vector<Contour> expected = trace_contours(mask, one);
  const std::vector<Contour> contours = trace_contours(mask, many);
  REQUIRE(contours.size() == expected.size());
  for (size_t i = 0; i < contours.size(); ++i) {
    CHECK(contours[i].slice == expected[i].slice);
    CHECK(contours[i].hole == expected[i].hole);
    CHECK(contours[i].pixels == expected[i].pixels);
    if (i > 0) CHECK(contours[i].slice >= contours[i - 1].slice);
  }
  CHECK(trace_contours({geometry, std::vector<uint8_t>(mask.voxels.size())}, one).empty());
  CHECK(trace_contours({grid(0, 0, 0), {}}, one).empty());
}
