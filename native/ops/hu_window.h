// Hounsfield units to 8 bits (method.md, "Contrast"), in integers, so that CPU and GPU agree bit for bit:
//   q = ((clamp(rint(hu), lo, hi) - lo) * 255 + (hi - lo) / 2) div (hi - lo)
#pragma once

#include <cstdint>

namespace hepatica {

// -32768 <= hu_min < hu_max <= 32767.
struct HuWindow {
  int hu_min = -100;
  int hu_max = 400;
};

// Throws INVALID_ARGUMENT (field "window") for a window that breaks the bounds above.
void check_window(const HuWindow& window);

// `count` voxels; float input is rounded half to even, NaN counts as air (hu_min). The buffers must not overlap.
void quantize_slice(const int16_t* hu, int64_t count, const HuWindow& window, uint8_t* quantized);
void quantize_slice(const float* hu, int64_t count, const HuWindow& window, uint8_t* quantized);

}  // namespace hepatica
