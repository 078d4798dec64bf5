// From stored cells to Hounsfield units: mask and sign (PS3.5 section 8.1.1), padding, slope and intercept (PS3.3
// C.11.1), the floor at air. A cell has 65,536 values at most, so all of it is one table, made once for all frames of
// the same format and rescale, and a frame is one look-up a voxel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <vector>

#include "dicom/decode.h"

namespace hepatica::dicom {

// What padding becomes, and the least HU there is: values below lie outside of the field of view.
inline constexpr int kAirHu = -1024;

struct RescaleCounts {
  int64_t padding = 0;      // voxels that were padding
  int64_t below_air = 0;    // HU below kAirHu, raised to it
  int64_t above_range = 0;  // HU above the range of int16, lowered to it

  RescaleCounts& operator+=(const RescaleCounts& other);
};

// False where PixelPaddingValue, or a part of its range, lies among the HU of soft tissue and bone (above
// kMostPaddingHu, up to the top of 12-bit CT): such a value is no padding, since the body holds it too, and the voxels
// that have it keep their HU. Air, lung and what no tissue has are believed to be padding.
bool is_plausible_padding(const PixelFormat& format, const FrameHeader& frame);

inline constexpr int kMostPaddingHu = -500;

// True where slope or intercept has a fraction: then HU are floats.
bool needs_float(const FrameHeader& frame);

enum class CellKind : uint8_t { kOrdinary, kPadding, kBelowAir, kAboveRange };

// Cells whose HU are their own numbers shifted, but for constant ends: most of a CT, since its slope is 1. Ten times as
// fast as a look-up. A cell's number is its bits with the top one flipped where it has no sign, so that numbers order.
struct ShiftRun {
  uint16_t flip = 0;
  int16_t first = 1;  // the numbers that it holds for; none where first > last
  int16_t last = 0;
  int16_t low = 0;  // numbers below count as low, numbers above high as high
  int16_t high = 0;
  uint16_t shift = 0;  // modulo 2^16
};

template <class Hu>
struct HuTable {
  std::vector<Hu> hu;          // by the cell's bits as they stand in the file
  std::vector<CellKind> kind;  // empty where all are ordinary
  ShiftRun run;                // what the table says, where it says no more
};

template <class Hu>
HuTable<Hu> make_hu_table(const PixelFormat& format, const FrameHeader& frame, CellInfo info);

// `cells` may be the memory of `hu` where both have two bytes.
template <class Hu>
RescaleCounts rescale_cells(const void* cells, CellInfo info, size_t count, const HuTable<Hu>& table, Hu* hu);

// The tables of one volume; thread-safe.
template <class Hu>
class HuTables {
 public:
  std::shared_ptr<const HuTable<Hu>> get(const FrameRef& frame, CellInfo info);

 private:
  using Key = std::tuple<double, double, int, bool, int, bool, int, int, bool, std::optional<uint16_t>,
                         std::optional<uint16_t>>;
  // With another rescale for each slice the tables of earlier slices are let go.
  static constexpr size_t kMostTables = 16;

  std::mutex mutex_;
  std::map<Key, std::shared_ptr<const HuTable<Hu>>> tables_;
};

}  // namespace hepatica::dicom
