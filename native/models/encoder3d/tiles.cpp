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

at::Tensor upsampled_slices(const at::Tensor& coarse, int64_t rows, int64_t columns, int64_t begin, int64_t end) {
  // Interpolation sees one coarse slice further on each side.
  const int64_t above = std::max<int64_t>(0, begin / 2 - 1);
  const int64_t below = std::min(end / 2 + 1, coarse.size(2));
  const at::Tensor part = slices(coarse, above, below);
  return slices(upsample(part, {2 * part.size(2), rows, columns}), begin - 2 * above, end - 2 * above);
}

}  // namespace hepatica
