#include "dicom/rescale.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>

using namespace hepatica;
using namespace hepatica::dicom;

namespace {

PixelFormat format_of(int bits_stored, bool is_signed, std::optional<uint16_t> padding = {}) {
  PixelFormat format;
  format.bits_allocated = 16;
  format.bits_stored = bits_stored;
  format.high_bit = bits_stored - 1;
  format.is_signed = is_signed;
  format.padding = padding;
  return format;
}

FrameHeader rescaled_by(double slope, double intercept) {
  FrameHeader frame;
  frame.slope = slope;
  frame.intercept = intercept;
  return frame;
}

// Cell by cell: one look-up each, and each kind counted.
void check_frame(const std::vector<uint16_t>& cells, const HuTable<int16_t>& table, CellInfo info) {
  std::vector<int16_t> hu(cells.size());
  const RescaleCounts counts = rescale_cells(cells.data(), info, cells.size(), table, hu.data());
  const auto wrong = std::ranges::count_if(
      cells, [&](const uint16_t& cell) { return hu[static_cast<size_t>(&cell - cells.data())] != table.hu[cell]; });
  CHECK(wrong == 0);
  const auto expected = [&](CellKind kind) {
    if (table.kind.empty()) return std::ptrdiff_t{0};
    return std::ranges::count_if(cells, [&](uint16_t cell) { return table.kind[cell] == kind; });
  };
  CHECK(counts.padding == expected(CellKind::kPadding));
  CHECK(counts.below_air == expected(CellKind::kBelowAir));
  CHECK(counts.above_range == expected(CellKind::kAboveRange));
}

}  // namespace

TEST_CASE("a frame's HU are its cells' HU one by one, for every cell there is") {
  std::vector<uint16_t> ascending(65536);
  std::iota(ascending.begin(), ascending.end(), uint16_t{0});
  std::vector<uint16_t> shuffled = ascending;
  std::ranges::shuffle(shuffled, std::mt19937(1));
  for (const int bits : {10, 12, 16}) {
    for (const bool is_signed : {false, true}) {
      for (const std::optional<uint16_t> padding :
           {std::optional<uint16_t>(), std::optional<uint16_t>(0xF830), std::optional<uint16_t>(7)}) {
        for (const auto& [slope, intercept] : {std::pair{1.0, -1024.0}, std::pair{1.0, 0.0}, std::pair{2.0, -1000.0},
                                               std::pair{-1.0, 0.0}, std::pair{1.0, 30000.0}, std::pair{0.0, 5.0}}) {
          for (const bool swapped : {false, true}) {
            const CellInfo info{.bytes = 2, .swap_bytes = swapped};
            const auto table =
                make_hu_table<int16_t>(format_of(bits, is_signed, padding), rescaled_by(slope, intercept), info);
            check_frame(ascending, table, info);
            check_frame(shuffled, table, info);
          }
        }
      }
    }
  }
}

TEST_CASE("a CT's cells are shifted, not looked up") {
  const auto run_of = [](const PixelFormat& format, double slope) {
    return make_hu_table<int16_t>(format, rescaled_by(slope, -1024), {.bytes = 2}).run;
  };
  const ShiftRun plain = run_of(format_of(12, false), 1);
  CHECK(plain.first == -32768);  // number of the cell 0
  CHECK(plain.last >= -32768 + 4095);
  // Padding far below air becomes air, as everything there does.
  const ShiftRun padded = run_of(format_of(16, true, 0xF830), 1);
  CHECK(padded.first == -32768);
  CHECK(padded.last == 32767);
  const ShiftRun steep = run_of(format_of(12, false), 2);
  CHECK(steep.first > steep.last);
}
