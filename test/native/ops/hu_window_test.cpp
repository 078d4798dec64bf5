#include "ops/hu_window.h"

#include <cmath>
#include <limits>

#include "core/error.h"
#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

uint8_t by_definition(double hu, const HuWindow& window) {
  const double rounded = std::isnan(hu) ? window.hu_min : std::nearbyint(hu);
  const auto clamped = static_cast<int64_t>(std::clamp<double>(rounded, window.hu_min, window.hu_max));
  const int64_t range = window.hu_max - window.hu_min;
  return static_cast<uint8_t>(((clamped - window.hu_min) * 255 + range / 2) / range);
}

}  // namespace

TEST_CASE("every 16-bit value is quantized as integer division says, in windows of any width") {
  std::vector<int16_t> hu(65536);
  for (int i = 0; i < 65536; ++i) hu[i] = static_cast<int16_t>(i - 32768);
  std::vector<uint8_t> quantized(hu.size());
  for (const HuWindow window : {HuWindow{-100, 400}, HuWindow{0, 1}, HuWindow{-7, 248}, HuWindow{-160, 240},
                                HuWindow{-1024, 3071}, HuWindow{-1024, 3072}, HuWindow{-1024, 3073},
                                HuWindow{-32768, 32767}, HuWindow{-32768, -32767}, HuWindow{32766, 32767}}) {
    quantize_slice(hu.data(), static_cast<int64_t>(hu.size()), window, quantized.data());
    int wrong = 0;
    for (size_t i = 0; i < hu.size(); ++i) wrong += quantized[i] != by_definition(hu[i], window);
    CAPTURE(window.hu_min);
    CAPTURE(window.hu_max);
    CHECK(wrong == 0);
  }
}

TEST_CASE("windows of every width up to the widest give the definition's values at both ends of each step") {
  for (int range = 1; range <= 65535; range += range < 5000 ? 1 : 37) {
    const HuWindow window{-32768, -32768 + range};
    std::vector<int16_t> hu;
    for (int step = 0; step <= 255; ++step) {
      const int edge = (step * range - range / 2 + 254) / 255;
      for (int x = edge - 1; x <= edge + 1; ++x) hu.push_back(static_cast<int16_t>(std::clamp(x, 0, range) - 32768));
    }
    std::vector<uint8_t> quantized(hu.size());
    quantize_slice(hu.data(), static_cast<int64_t>(hu.size()), window, quantized.data());
    for (size_t i = 0; i < hu.size(); ++i) REQUIRE(quantized[i] == by_definition(hu[i], window));
  }
}

TEST_CASE("floats are rounded half to even, NaN is air, infinities are clamped") {
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<float> hu = {NAN,   -NAN,  inf,     -inf,  0.5F,     1.5F,   2.5F,
                           -0.5F, -1.5F, 3.4e38F, -3024, -3024.5F, 399.5F, 400.5F};
  for (int i = 0; i < 20000; ++i) hu.push_back(static_cast<float>(i) * 0.03F - 150.0F);
  std::vector<uint8_t> quantized(hu.size());
  for (const HuWindow window : {HuWindow{-100, 400}, HuWindow{-3, 3}, HuWindow{-20000, 20000}}) {
    quantize_slice(hu.data(), static_cast<int64_t>(hu.size()), window, quantized.data());
    for (size_t i = 0; i < hu.size(); ++i) {
      CAPTURE(hu[i]);
      REQUIRE(quantized[i] == by_definition(static_cast<double>(hu[i]), window));
    }
  }
}

TEST_CASE("quantized slices are NumPy's") {
  for (const SliceSize size : kSizes) {
    for (const char* kind : {"noise", "body", "constant", "air"}) {
      const std::vector<int16_t> hu = synthetic_slice(kind, size);
      std::vector<uint8_t> quantized(hu.size());
      quantize_slice(hu.data(), static_cast<int64_t>(hu.size()), {}, quantized.data());
      CHECK(fnv1a(quantized) == golden("quantize", kind, size));
    }
  }
}

TEST_CASE("a window that isn't one is refused") {
  for (const HuWindow window : {HuWindow{400, -100}, HuWindow{5, 5}, HuWindow{-40000, 0}, HuWindow{0, 40000}}) {
    CHECK_THROWS_AS(check_window(window), Error);
  }
  CHECK_NOTHROW(check_window({-100, 400}));
}
