#include "dicom/rescale.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>
#include <type_traits>

namespace hepatica::dicom {
namespace {

constexpr size_t kBlock = 2048;

struct Range {
  int32_t first = 1;
  int32_t last = 0;

  bool contains(int32_t value) const { return value >= first && value <= last; }
};

int32_t as_16_bits(uint16_t cell, bool is_signed) {
  return is_signed ? int32_t{static_cast<int16_t>(cell)} : int32_t{cell};
}

// Drops the bits outside of the stored ones (they may be dirty) and extends the sign.
int32_t stored_value(uint16_t cell, const PixelFormat& format) {
  const uint32_t raised = uint32_t{cell} << (31 - format.high_bit);
  const int back = 32 - format.bits_stored;
  return format.is_signed ? static_cast<int32_t>(raised) >> back : static_cast<int32_t>(raised >> back);
}

Range padding_range(const PixelFormat& format) {
  if (!format.padding) return {};
  const int32_t a = as_16_bits(*format.padding, format.is_signed);
  const int32_t b = as_16_bits(format.padding_limit.value_or(*format.padding), format.is_signed);
  return {std::min(a, b), std::max(a, b)};
}

// Padding that does not fit the stored bits (-2000 as 16 bits beside 12-bit pixels is a common mistake) can only be
// meant for the whole cell.
bool fits_stored_bits(const Range& padding, const PixelFormat& format) {
  const int bits = format.bits_stored;
  const int32_t least = format.is_signed ? -(1 << (bits - 1)) : 0;
  const int32_t most = format.is_signed ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
  return padding.first >= least && padding.last <= most;
}

// The format of the cells that a decoder wrote. Of a compressed stream its own depth counts where that is less than
// the header's: its numbers end there, the sign too. Whether they have a sign is for the header to say; but where
// header and stream disagree, or the stream has fewer bits than the header promises a sign in, negative numbers are
// believed only if they can be HU of air or more (an intercept of -1024 leaves no room for them).
PixelFormat format_of_cells(const PixelFormat& header, const FrameHeader& frame, CellInfo info) {
  PixelFormat format = header;
  if (info.depth == 0) return format;
  const double first_negative_hu = frame.intercept.value_or(0) - std::abs(frame.slope.value_or(1));
  const bool negative_is_real = first_negative_hu >= kAirHu;
  const bool shallow = info.depth < format.bits_stored;
  if (info.signed_stream && !format.is_signed) format.is_signed = negative_is_real;
  if (!info.signed_stream && header.is_signed && shallow) format.is_signed = negative_is_real;
  if (info.depth <= format.high_bit) {
    format.bits_stored = std::min(format.bits_stored, info.depth);
    format.high_bit = format.bits_stored - 1;
  }
  return format;
}

template <class Hu>
CellKind kind_of(double hu) {
  if (hu < kAirHu) return CellKind::kBelowAir;
  const bool above = std::is_integral_v<Hu> && hu > std::numeric_limits<int16_t>::max();
  return above ? CellKind::kAboveRange : CellKind::kOrdinary;
}

template <class Hu>
Hu hu_of(double hu, CellKind kind) {
  switch (kind) {
    case CellKind::kPadding:
    case CellKind::kBelowAir:
      return static_cast<Hu>(kAirHu);
    case CellKind::kAboveRange:
      return std::numeric_limits<Hu>::max();
    case CellKind::kOrdinary:
      break;
  }
  return static_cast<Hu>(hu);
}

void load_cells(const void* cells, CellInfo info, size_t begin, size_t count, uint16_t* block) {
  if (info.bytes == 2) {
    std::memcpy(block, static_cast<const uint8_t*>(cells) + 2 * begin, 2 * count);
    return;
  }
  const auto* bytes = static_cast<const uint8_t*>(cells) + begin;
  for (size_t i = 0; i < count; ++i) block[i] = bytes[i];
}

void count_kinds(const uint16_t* cells, size_t count, const std::vector<CellKind>& kinds, RescaleCounts& counts) {
  std::array<int64_t, 4> of_kind{};
  for (size_t i = 0; i < count; ++i) ++of_kind[static_cast<size_t>(kinds[cells[i]])];
  counts += {of_kind[static_cast<size_t>(CellKind::kPadding)], of_kind[static_cast<size_t>(CellKind::kBelowAir)],
             of_kind[static_cast<size_t>(CellKind::kAboveRange)]};
}

// Only a voxel at an end of the range can be other than ordinary.
template <class Hu>
bool touches_range_end(const Hu* hu, size_t count) {
  constexpr Hu kAir = static_cast<Hu>(kAirHu);
  constexpr Hu kMost = std::numeric_limits<Hu>::max();
  int touching = 0;
  for (size_t i = 0; i < count; ++i) touching |= (hu[i] == kAir) | (hu[i] == kMost);
  return touching != 0;
}

// The longest stretch of the table that rises by one a number, with the constants at its ends.
ShiftRun find_shift_run(const std::vector<int16_t>& table, bool is_signed) {
  constexpr int kLeast = std::numeric_limits<int16_t>::min();
  constexpr int kMost = std::numeric_limits<int16_t>::max();
  ShiftRun run;
  run.flip = is_signed ? 0 : 0x8000;
  const auto hu_at = [&](int number) { return int{table[static_cast<uint16_t>(number) ^ run.flip]}; };
  int low = 0;
  int high = 0;
  for (int begin = kLeast; begin < kMost;) {
    int end = begin;
    while (end < kMost && hu_at(end + 1) == hu_at(end) + 1) ++end;
    if (end - begin > high - low) std::tie(low, high) = {begin, end};
    begin = std::max(end, begin + 1);
  }
  if (low == high) return run;
  int first = low;
  int last = high;
  while (first > kLeast && hu_at(first - 1) == hu_at(low)) --first;
  while (last < kMost && hu_at(last + 1) == hu_at(high)) ++last;
  run.first = static_cast<int16_t>(first);
  run.last = static_cast<int16_t>(last);
  run.low = static_cast<int16_t>(low);
  run.high = static_cast<int16_t>(high);
  run.shift = static_cast<uint16_t>(hu_at(low) - low);
  return run;
}

// False, with `hu` untouched, where the run does not hold for all cells.
bool shift_cells(const uint16_t* cells, size_t count, const ShiftRun& run, int16_t* hu) {
  int16_t least = std::numeric_limits<int16_t>::max();
  int16_t most = std::numeric_limits<int16_t>::min();
  for (size_t i = 0; i < count; ++i) {
    const auto number = static_cast<int16_t>(cells[i] ^ run.flip);
    least = std::min(least, number);
    most = std::max(most, number);
  }
  if (least < run.first || most > run.last) return false;
  for (size_t i = 0; i < count; ++i) {
    const auto number = std::clamp(static_cast<int16_t>(cells[i] ^ run.flip), run.low, run.high);
    hu[i] = static_cast<int16_t>(static_cast<uint16_t>(number) + run.shift);
  }
  return true;
}

template <class Hu>
void look_up_cells(const uint16_t* cells, size_t count, const HuTable<Hu>& table, Hu* hu) {
  if constexpr (std::is_same_v<Hu, int16_t>) {
    if (shift_cells(cells, count, table.run, hu)) return;
  }
  for (size_t i = 0; i < count; ++i) hu[i] = table.hu[cells[i]];
}

}  // namespace

RescaleCounts& RescaleCounts::operator+=(const RescaleCounts& other) {
  padding += other.padding;
  below_air += other.below_air;
  above_range += other.above_range;
  return *this;
}

bool is_plausible_padding(const PixelFormat& format, const FrameHeader& frame) {
  constexpr double kMostTissueHu = 3071;
  const Range padding = padding_range(format);
  const double first = padding.first * frame.slope.value_or(1) + frame.intercept.value_or(0);
  const double last = padding.last * frame.slope.value_or(1) + frame.intercept.value_or(0);
  return !format.padding || std::max(first, last) <= kMostPaddingHu || std::min(first, last) > kMostTissueHu;
}

bool needs_float(const FrameHeader& frame) {
  const double slope = frame.slope.value_or(1);
  const double intercept = frame.intercept.value_or(0);
  return slope != std::floor(slope) || intercept != std::floor(intercept);
}

template <class Hu>
HuTable<Hu> make_hu_table(const PixelFormat& header, const FrameHeader& frame, CellInfo info) {
  const PixelFormat format = format_of_cells(header, frame, info);
  const double slope = frame.slope.value_or(1);
  const double intercept = frame.intercept.value_or(0);
  const Range padding = is_plausible_padding(format, frame) ? padding_range(format) : Range{};
  const bool padding_is_value = fits_stored_bits(padding, format);
  const size_t entries = info.bytes == 1 ? 256 : 65536;
  HuTable<Hu> table{std::vector<Hu>(entries), std::vector<CellKind>(entries), {}};
  for (size_t bits = 0; bits < entries; ++bits) {
    const auto cell = static_cast<uint16_t>(info.swap_bytes ? bits << 8 | bits >> 8 : bits);
    const int32_t value = stored_value(cell, format);
    const bool is_padding = padding.contains(padding_is_value ? value : as_16_bits(cell, format.is_signed));
    const double hu = value * slope + intercept;
    table.kind[bits] = is_padding ? CellKind::kPadding : kind_of<Hu>(hu);
    table.hu[bits] = hu_of<Hu>(hu, table.kind[bits]);
  }
  if (std::ranges::count(table.kind, CellKind::kOrdinary) == std::ssize(table.kind)) table.kind.clear();
  if constexpr (std::is_same_v<Hu, int16_t>) {
    if (info.bytes == 2) table.run = find_shift_run(table.hu, format.is_signed);
  }
  return table;
}

template <class Hu>
RescaleCounts rescale_cells(const void* cells, CellInfo info, size_t count, const HuTable<Hu>& table, Hu* hu) {
  RescaleCounts counts;
  std::array<uint16_t, kBlock> block;
  for (size_t begin = 0; begin < count; begin += kBlock) {
    const size_t size = std::min(kBlock, count - begin);
    load_cells(cells, info, begin, size, block.data());
    Hu* out = hu + begin;
    look_up_cells(block.data(), size, table, out);
    if (!table.kind.empty() && touches_range_end(out, size)) count_kinds(block.data(), size, table.kind, counts);
  }
  return counts;
}

template <class Hu>
std::shared_ptr<const HuTable<Hu>> HuTables<Hu>::get(const FrameRef& frame, CellInfo info) {
  const PixelFormat& format = frame.object->format;
  const FrameHeader& header = frame.header();
  const Key key{
      header.slope.value_or(1), header.intercept.value_or(0), info.bytes,      info.swap_bytes,  info.depth,
      info.signed_stream,       format.bits_stored,           format.high_bit, format.is_signed, format.padding,
      format.padding_limit};
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = tables_.find(key); found != tables_.end()) return found->second;
  }
  auto table = std::make_shared<const HuTable<Hu>>(make_hu_table<Hu>(format, header, info));
  const std::lock_guard lock(mutex_);
  if (tables_.size() >= kMostTables) tables_.clear();
  return tables_.insert_or_assign(key, std::move(table)).first->second;
}

template HuTable<int16_t> make_hu_table(const PixelFormat&, const FrameHeader&, CellInfo);
template HuTable<float> make_hu_table(const PixelFormat&, const FrameHeader&, CellInfo);
template RescaleCounts rescale_cells(const void*, CellInfo, size_t, const HuTable<int16_t>&, int16_t*);
template RescaleCounts rescale_cells(const void*, CellInfo, size_t, const HuTable<float>&, float*);
template class HuTables<int16_t>;
template class HuTables<float>;

}  // namespace hepatica::dicom
