#include "dicom/rescale.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace hepatica::dicom {
namespace {

constexpr size_t kBlock = 2048;

// All in 32-bit integers, so that the loops vectorize.
struct StoredValue {
  int shift = 0;  // left, then right again: drops dirty high bits and extends the sign
  int back = 0;
  bool is_signed = false;
  // Padding as a range of what it is compared with: the value, or the whole cell where the padding does not fit the
  // stored bits (a common mistake: -2000 as 16 bits beside 12-bit pixels).
  bool padding_in_cell = false;
  int32_t padding_first = 1;
  int32_t padding_last = 0;
};

int32_t extend(uint32_t cell, const StoredValue& stored) {
  const uint32_t raised = cell << stored.shift;
  return stored.is_signed ? static_cast<int32_t>(raised) >> stored.back : static_cast<int32_t>(raised >> stored.back);
}

int32_t as_whole_cell(uint32_t cell, bool is_signed) {
  return is_signed ? int32_t{static_cast<int16_t>(cell)} : static_cast<int32_t>(cell & 0xffff);
}

StoredValue describe_cells(const PixelFormat& format) {
  StoredValue stored;
  stored.is_signed = format.is_signed;
  stored.shift = 31 - format.high_bit;
  stored.back = 32 - format.bits_stored;
  if (!format.padding) return stored;
  const int32_t a = as_whole_cell(*format.padding, format.is_signed);
  const int32_t b = as_whole_cell(format.padding_limit.value_or(*format.padding), format.is_signed);
  stored.padding_first = std::min(a, b);
  stored.padding_last = std::max(a, b);
  const int bits = format.bits_stored;
  const int32_t least = format.is_signed ? -(1 << (bits - 1)) : 0;
  const int32_t most = format.is_signed ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
  stored.padding_in_cell = stored.padding_first < least || stored.padding_last > most;
  return stored;
}

template <bool kSigned>
void rescale_block(const uint16_t* cells, size_t count, const StoredValue& stored, int32_t slope, int32_t intercept,
                   int16_t* hu, RescaleCounts& counts) {
  constexpr int32_t kMost = std::numeric_limits<int16_t>::max();
  int32_t padding = 0;
  int32_t below = 0;
  int32_t above = 0;
  const int32_t in_cell = stored.padding_in_cell ? -1 : 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t cell = cells[i];
    const uint32_t raised = cell << stored.shift;
    const int32_t value =
        kSigned ? static_cast<int32_t>(raised) >> stored.back : static_cast<int32_t>(raised >> stored.back);
    const int32_t whole = kSigned ? int32_t{static_cast<int16_t>(cell)} : static_cast<int32_t>(cell);
    const int32_t compared = (whole & in_cell) | (value & ~in_cell);
    const int32_t is_padding = (compared >= stored.padding_first) & (compared <= stored.padding_last);
    const int32_t scaled = is_padding ? kAirHu : value * slope + intercept;
    padding += is_padding;
    below += scaled < kAirHu;
    above += scaled > kMost;
    hu[i] = static_cast<int16_t>(std::min(std::max(scaled, kAirHu), kMost));
  }
  counts += {padding, below, above};
}

void rescale_block(const uint16_t* cells, size_t count, const StoredValue& stored, double slope, double intercept,
                   float* hu, RescaleCounts& counts) {
  for (size_t i = 0; i < count; ++i) {
    const int32_t value = extend(cells[i], stored);
    const int32_t compared = stored.padding_in_cell ? as_whole_cell(cells[i], stored.is_signed) : value;
    const bool is_padding = compared >= stored.padding_first && compared <= stored.padding_last;
    const double scaled = is_padding ? kAirHu : value * slope + intercept;
    counts.padding += is_padding;
    counts.below_air += scaled < kAirHu;
    hu[i] = static_cast<float>(std::max<double>(scaled, kAirHu));
  }
}

void load_cells(const void* cells, CellInfo info, size_t begin, size_t count, uint16_t* block) {
  if (info.bytes == 1) {
    const auto* bytes = static_cast<const uint8_t*>(cells) + begin;
    for (size_t i = 0; i < count; ++i) block[i] = bytes[i];
    return;
  }
  std::memcpy(block, static_cast<const uint8_t*>(cells) + 2 * begin, 2 * count);
  if (!info.swap_bytes) return;
  for (size_t i = 0; i < count; ++i) block[i] = static_cast<uint16_t>(block[i] << 8 | block[i] >> 8);
}

}  // namespace

RescaleCounts& RescaleCounts::operator+=(const RescaleCounts& other) {
  padding += other.padding;
  below_air += other.below_air;
  above_range += other.above_range;
  return *this;
}

bool needs_float(const FrameHeader& frame) {
  const double slope = frame.slope.value_or(1);
  const double intercept = frame.intercept.value_or(0);
  return slope != std::floor(slope) || intercept != std::floor(intercept) || std::abs(slope) > 1000;
}

template <class Hu>
RescaleCounts rescale_cells(const void* cells, CellInfo info, size_t count, const FrameRef& frame, Hu* hu) {
  const StoredValue stored = describe_cells(frame.object->format);
  const double slope = frame.header().slope.value_or(1);
  const double intercept = frame.header().intercept.value_or(0);
  RescaleCounts counts;
  std::array<uint16_t, kBlock> block;
  for (size_t begin = 0; begin < count; begin += kBlock) {
    const size_t size = std::min(kBlock, count - begin);
    load_cells(cells, info, begin, size, block.data());
    if constexpr (std::is_same_v<Hu, float>) {
      rescale_block(block.data(), size, stored, slope, intercept, hu + begin, counts);
    } else {
      const auto rescale = stored.is_signed ? rescale_block<true> : rescale_block<false>;
      rescale(block.data(), size, stored, static_cast<int32_t>(slope), static_cast<int32_t>(intercept), hu + begin,
              counts);
    }
  }
  return counts;
}

template RescaleCounts rescale_cells(const void*, CellInfo, size_t, const FrameRef&, int16_t*);
template RescaleCounts rescale_cells(const void*, CellInfo, size_t, const FrameRef&, float*);

}  // namespace hepatica::dicom
