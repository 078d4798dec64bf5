// Contrast of one 8-bit slice. equalize_slice is OpenCV's equalizeHist, clahe_slice OpenCV's CLAHE, bit for bit.
#pragma once

#include <array>
#include <cstdint>

namespace hepatica {

using Histogram = std::array<uint32_t, 256>;
using ByteTable = std::array<uint8_t, 256>;

// Adds the slice's grey values to `histogram`.
void count_values(const uint8_t* slice, int64_t count, Histogram& histogram);

// table[v] = rint(cdf(v) * scale), scale = 255 / (N - histogram[first non-empty bin]) in float32, the cdf counted after
// the first non-empty bin; the identity where only one bin is filled.
ByteTable equalization_table(const Histogram& histogram);

// target[i] = table[source[i]]; in place where source == target.
void apply_table(const uint8_t* source, int64_t count, const ByteTable& table, uint8_t* target);

// In place where source == target.
void equalize_slice(const uint8_t* source, int64_t count, uint8_t* target);

struct ClaheOptions {
  // OpenCV's clipLimit: relative to a flat histogram of a tile; 0 or less means no limit.
  double clip_limit = 2.0;
  int tiles_x = 8;
  int tiles_y = 8;
};

// Contrast-limited adaptive equalization; sizes that the tiles don't divide are padded by reflection (OpenCV's
// BORDER_REFLECT_101). The buffers must not overlap.
void clahe_slice(const uint8_t* source, int64_t width, int64_t height, const ClaheOptions& options, uint8_t* target);

}  // namespace hepatica
