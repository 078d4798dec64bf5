#include "segmentation/z_windows.h"

#include <algorithm>
#include <string>

#include "core/error.h"

namespace hepatica {
namespace {

constexpr int64_t kMultiple = 8;
constexpr int64_t kShared = 16;

}  // namespace

std::vector<ZWindow> z_windows(const Size3& lengths, int64_t most_cells) {
  const int64_t depth = lengths[2];
  const int64_t plane = lengths[0] * lengths[1];
  if (plane * std::min(depth, kShortestWindow) > most_cells) {
    throw Error("UNSUPPORTED_GEOMETRY",
                "Expected slices that a network can hold, received ones of " + std::to_string(lengths[0]) + " x " +
                    std::to_string(lengths[1]) + " cells on its grid",
                {}, "spacing", "Check the pixel spacing of the source");
  }
  const int64_t length = std::min(depth, most_cells / plane / kMultiple * kMultiple);
  const int64_t step = length - kShared;
  const int64_t count = length == depth ? 1 : (depth - kShared + step - 1) / step;
  std::vector<ZWindow> windows;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t begin = std::min(i * step, depth - length);
    const int64_t kept_begin = i == 0 ? 0 : windows.back().kept_end;
    windows.push_back({begin, length, kept_begin, depth});
    if (i + 1 == count) break;
    // Halfway between the middles of this window and of the next.
    const int64_t next = std::min((i + 1) * step, depth - length);
    windows.back().kept_end = (begin + next + length) / 2;
  }
  return windows;
}

std::vector<BoxWindow> box_windows(const Size3& lengths, int64_t most_cells) {
  const auto [columns, rows, slices] = lengths;
  std::vector<BoxWindow> windows;
  for (const ZWindow& y : z_windows({columns, std::min(slices, kShortestWindow), rows}, most_cells)) {
    for (const ZWindow& z : z_windows({columns, y.length, slices}, most_cells)) windows.push_back({y, z});
  }
  return windows;
}

void check_cells(const CellBox& box, int64_t most, const std::string& what) {
  if (box.cells() <= most) return;
  throw Error("UNSUPPORTED_GEOMETRY",
              "Expected " + what + " that fits into " + std::to_string(most) +
                  " cells of the network, received one in " + std::to_string(box.cells()),
              {}, "spacing", "Check the spacing of the source");
}

}  // namespace hepatica
