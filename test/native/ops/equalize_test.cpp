#include "ops/equalize.h"

#include <numeric>

#include "core/error.h"
#include "ops/hu_window.h"
#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

std::vector<uint8_t> quantized_slice(const char* kind, SliceSize size) {
  const std::vector<int16_t> hu = synthetic_slice(kind, size);
  std::vector<uint8_t> quantized(hu.size());
  quantize_slice(hu.data(), static_cast<int64_t>(hu.size()), {}, quantized.data());
  return quantized;
}

}  // namespace

TEST_CASE("equalized slices are OpenCV's, bit for bit, in place too") {
  for (const SliceSize size : kSizes) {
    for (const char* kind : {"noise", "body", "constant", "air"}) {
      CAPTURE(kind);
      CAPTURE(size.width);
      std::vector<uint8_t> slice = quantized_slice(kind, size);
      std::vector<uint8_t> equalized(slice.size());
      equalize_slice(slice.data(), static_cast<int64_t>(slice.size()), equalized.data());
      CHECK(fnv1a(equalized) == golden("equalize", kind, size));
      equalize_slice(slice.data(), static_cast<int64_t>(slice.size()), slice.data());
      CHECK(slice == equalized);
    }
  }
}

TEST_CASE("CLAHE is OpenCV's, bit for bit, also where the tiles don't divide the slice") {
  for (const SliceSize size : kSizes) {
    for (const char* kind : {"noise", "body", "constant", "air"}) {
      CAPTURE(kind);
      CAPTURE(size.width);
      const std::vector<uint8_t> slice = quantized_slice(kind, size);
      std::vector<uint8_t> adapted(slice.size());
      clahe_slice(slice.data(), size.width, size.height, {}, adapted.data());
      CHECK(fnv1a(adapted) == golden("clahe", kind, size));
    }
  }
}

TEST_CASE("CLAHE refuses tiles that aren't there") {
  uint8_t pixel = 0;
  CHECK_THROWS_AS(clahe_slice(&pixel, 1, 1, {.clip_limit = 2, .tiles_x = 0, .tiles_y = 8}, &pixel), Error);
}

TEST_CASE("values are counted whatever the length, in runs of one value and in between") {
  for (const int64_t count : {0, 1, 7, 8, 9, 63, 64, 65, 1000, 4099}) {
    Noise noise(static_cast<uint32_t>(count));
    std::vector<uint8_t> slice(static_cast<size_t>(count));
    int left = 0;
    uint8_t value = 0;
    for (uint8_t& pixel : slice) {
      if (left-- == 0) {
        left = noise.next() % 20;
        value = static_cast<uint8_t>(noise.next());
      }
      pixel = value;
    }
    Histogram expected{};
    for (const uint8_t pixel : slice) ++expected[pixel];
    Histogram counted{};
    count_values(slice.data(), count, counted);
    CHECK(counted == expected);
    count_values(slice.data(), count, counted);
    CHECK(std::accumulate(counted.begin(), counted.end(), 0U) == 2 * count);
  }
}

TEST_CASE("a table is applied to every pixel, whatever the length") {
  ByteTable table;
  for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<uint8_t>(i * 167 + 13);
  for (const int64_t count : {0, 1, 63, 64, 65, 127, 128, 300, 4099}) {
    Noise noise(static_cast<uint32_t>(count + 1));
    std::vector<uint8_t> source(static_cast<size_t>(count));
    for (uint8_t& pixel : source) pixel = static_cast<uint8_t>(noise.next());
    std::vector<uint8_t> target(source.size());
    apply_table(source.data(), count, table, target.data());
    for (size_t i = 0; i < source.size(); ++i) REQUIRE(target[i] == table[source[i]]);
  }
}
