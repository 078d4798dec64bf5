#include "models/encoder3d/tiles.h"

#include <ATen/ops/cat.h>

#include <algorithm>

#include "models/layers/layers.h"

namespace hepatica {
namespace {

// What conv1 makes of a tile: activations of some tens of MB.
constexpr int64_t kTileBytes = int64_t{64} << 20;
constexpr int64_t kStemBytesPerCell = 64;  // 64 features of 4 bytes in a quarter of the plane's cells
constexpr int64_t kMaxTileSlices = 32;

}  // namespace

int64_t tile_slices(const Size3& cells) {
  const int64_t count = kTileBytes / (cells[0] * cells[1] * kStemBytesPerCell);
  return std::clamp<int64_t>(count / 2 * 2, 2, kMaxTileSlices);
}

at::Tensor slices(const at::Tensor& x, int64_t begin, int64_t end) { return x.narrow(2, begin, end - begin); }

at::Tensor joined(const std::vector<at::Tensor>& tiles) {
  return tiles.size() == 1 ? tiles.front() : at::cat(tiles, 2);
}

FinePart in_cells(FinePart part) {
  for (size_t axis = 1; axis < part.begin.size(); ++axis) {
    part.begin[axis] *= 2;
    part.end[axis] *= 2;
  }
  return part;
}

FinePart grown(const FinePart& part, int64_t reach, const std::array<int64_t, 3>& whole) {
  FinePart result;
  for (size_t axis = 0; axis < whole.size(); ++axis) {
    result.begin[axis] = std::max<int64_t>(0, part.begin[axis] - reach);
    result.end[axis] = std::min(part.end[axis] + reach, whole[axis]);
  }
  return result;
}

at::Tensor part_of(const at::Tensor& whole, const FinePart& wanted) { return part_of(whole, {}, wanted); }

at::Tensor part_of(const at::Tensor& x, const FinePart& there, const FinePart& wanted) {
  at::Tensor part = x;
  for (size_t axis = 0; axis < wanted.begin.size(); ++axis) {
    part = part.narrow(static_cast<int64_t>(axis) + 2, wanted.begin[axis] - there.begin[axis],
                       wanted.end[axis] - wanted.begin[axis]);
  }
  return part;
}

at::Tensor upsampled_part(const at::Tensor& coarse, const FinePart& part) {
  // Interpolation sees one coarse cell further on each side.
  FinePart seen;
  std::array<int64_t, 3> size;
  for (size_t axis = 0; axis < size.size(); ++axis) {
    seen.begin[axis] = std::max<int64_t>(0, part.begin[axis] / 2 - 1);
    seen.end[axis] = std::min(part.end[axis] / 2 + 1, coarse.size(static_cast<int64_t>(axis) + 2));
    size[axis] = 2 * (seen.end[axis] - seen.begin[axis]);
  }
  const at::Tensor fine = upsample(part_of(coarse, seen), size);
  for (int64_t& begin : seen.begin) begin *= 2;
  return part_of(fine, seen, part);
}

}  // namespace hepatica
