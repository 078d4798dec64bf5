// Volumes that a network could not hold at once, in windows along z.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grid/cell_grid.h"

namespace hepatica {

// Slices that a network sees at least, where there are so many.
inline constexpr int64_t kShortestWindow = 32;

struct ZWindow {
  // Slices that the network sees together.
  int64_t begin = 0;
  int64_t length = 0;
  // Of these, those whose answer is taken.
  int64_t kept_begin = 0;
  int64_t kept_end = 0;
};

// One window where `lengths` (x, y, z; z a multiple of 8) hold at most `most_cells`; else windows of equal length, the
// longest multiple of 8 slices that fits, of which neighbours share at least 16: each slice is taken from the window
// whose middle is nearer. Throws UNSUPPORTED_GEOMETRY where not even kShortestWindow fit.
std::vector<ZWindow> z_windows(const Size3& lengths, int64_t most_cells);

// Rows and slices that a network sees together, and those whose answer is taken.
struct BoxWindow {
  ZWindow rows;
  ZWindow slices;
};

// The same for boxes whose slices may be too wide: where kShortestWindow do not fit they are cut along y too.
std::vector<BoxWindow> box_windows(const Size3& lengths, int64_t most_cells);

// Throws UNSUPPORTED_GEOMETRY where a box of `what` on a network's grid has more than `most`.
void check_cells(const CellBox& box, int64_t most, const std::string& what);

}  // namespace hepatica
