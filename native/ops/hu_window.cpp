#include "ops/hu_window.h"

#include <algorithm>
#include <string>

#include "core/error.h"
#include "platform/cpu_clones.h"

namespace hepatica {
namespace {

// Adding and taking away 1.5 * 2^23 rounds a float half to even, for magnitudes up to 2^22.
constexpr float kRounder = 12582912.0F;

// The widest window whose quotients float32 gets right: (n + 1/2) / range lies at least 1 / (2 * range) from a whole
// number, and the two roundings move it by less than 256 * 2^-23.
constexpr int kMaxFloatRange = 4096;

template <class Real>
struct Divider {
  int hu_min;
  int hu_max;
  int half;
  Real reciprocal;

  explicit Divider(const HuWindow& window)
      : hu_min(window.hu_min),
        hu_max(window.hu_max),
        half((window.hu_max - window.hu_min) / 2),
        reciprocal(Real{1} / static_cast<Real>(window.hu_max - window.hu_min)) {}

  // (offset * 255 + half) div range by multiplication, which vectorizes where an integer division doesn't.
  uint8_t operator()(int clamped) const {
    const int numerator = (clamped - hu_min) * 255 + half;
    return static_cast<uint8_t>(static_cast<int>((static_cast<Real>(numerator) + Real{0.5}) * reciprocal));
  }
};

inline int clamped_hu(int16_t hu, int hu_min, int hu_max) {
  const int value = hu;
  const int raised = value < hu_min ? hu_min : value;
  return raised > hu_max ? hu_max : raised;
}

inline int clamped_hu(float hu, int hu_min, int hu_max) {
  const float low = static_cast<float>(hu_min);
  const float high = static_cast<float>(hu_max);
  // False for NaN: air.
  const float raised = hu > low ? hu : low;
  const float clamped = raised < high ? raised : high;
  return static_cast<int>((clamped + kRounder) - kRounder);
}

template <class Real, class Pixel>
inline void quantize(const Pixel* __restrict hu, int64_t count, const HuWindow& window, uint8_t* __restrict quantized) {
  const Divider<Real> divide(window);
  for (int64_t i = 0; i < count; ++i) quantized[i] = divide(clamped_hu(hu[i], divide.hu_min, divide.hu_max));
}

HEPATICA_CPU_CLONES
void quantize_int16(const int16_t* hu, int64_t count, const HuWindow& window, uint8_t* quantized) {
  quantize<float>(hu, count, window, quantized);
}

HEPATICA_CPU_CLONES
void quantize_int16_wide(const int16_t* hu, int64_t count, const HuWindow& window, uint8_t* quantized) {
  quantize<double>(hu, count, window, quantized);
}

HEPATICA_CPU_CLONES
void quantize_float(const float* hu, int64_t count, const HuWindow& window, uint8_t* quantized) {
  quantize<float>(hu, count, window, quantized);
}

HEPATICA_CPU_CLONES
void quantize_float_wide(const float* hu, int64_t count, const HuWindow& window, uint8_t* quantized) {
  quantize<double>(hu, count, window, quantized);
}

bool is_wide(const HuWindow& window) { return window.hu_max - window.hu_min > kMaxFloatRange; }

}  // namespace

void check_window(const HuWindow& window) {
  if (window.hu_min >= -32768 && window.hu_min < window.hu_max && window.hu_max <= 32767) return;
  throw Error("INVALID_ARGUMENT",
              "Expected window to be two increasing whole numbers from -32768 to 32767, received [" +
                  std::to_string(window.hu_min) + ", " + std::to_string(window.hu_max) + "]",
              {}, "window", "Give the lower limit first, in HU; the default is [-100, 400].");
}

void quantize_slice(const int16_t* hu, int64_t count, const HuWindow& window, uint8_t* quantized) {
  (is_wide(window) ? quantize_int16_wide : quantize_int16)(hu, count, window, quantized);
}

void quantize_slice(const float* hu, int64_t count, const HuWindow& window, uint8_t* quantized) {
  (is_wide(window) ? quantize_float_wide : quantize_float)(hu, count, window, quantized);
}

}  // namespace hepatica
