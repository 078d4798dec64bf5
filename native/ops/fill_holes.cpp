#include "ops/fill_holes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/parallel.h"
#include "ops/bounding_box.h"

namespace hepatica {
namespace {

constexpr uint8_t kOpen = 2;

// The slice's bounding box with a margin of one background pixel, from which the outside is flooded.
struct PaddedBox {
  int64_t width = 0;
  int64_t height = 0;
  std::vector<uint8_t> pixels;
};

PaddedBox padded_box(const uint8_t* slice, int64_t width, const BoundingBox& box) {
  PaddedBox padded{box.max[0] - box.min[0] + 3, box.max[1] - box.min[1] + 3, {}};
  padded.pixels.resize(static_cast<size_t>(padded.width * padded.height));
  for (int64_t y = box.min[1]; y <= box.max[1]; ++y) {
    uint8_t* row = padded.pixels.data() + (y - box.min[1] + 1) * padded.width + 1;
    std::transform(slice + y * width + box.min[0], slice + y * width + box.max[0] + 1, row,
                   [](uint8_t voxel) { return voxel != 0 ? 1 : 0; });
  }
  return padded;
}

// Marks the background that is connected to the first pixel by its four neighbours.
void flood(PaddedBox& padded) {
  const auto size = static_cast<int64_t>(padded.pixels.size());
  std::vector<int64_t> pending = {0};
  padded.pixels[0] = kOpen;
  const auto visit = [&](int64_t pixel) {
    if (padded.pixels[pixel] != 0) return;
    padded.pixels[pixel] = kOpen;
    pending.push_back(pixel);
  };
  while (!pending.empty()) {
    const int64_t pixel = pending.back();
    pending.pop_back();
    const int64_t x = pixel % padded.width;
    if (x > 0) visit(pixel - 1);
    if (x + 1 < padded.width) visit(pixel + 1);
    if (pixel >= padded.width) visit(pixel - padded.width);
    if (pixel + padded.width < size) visit(pixel + padded.width);
  }
}

}  // namespace

void fill_holes_slice(uint8_t* slice, int64_t width, int64_t height) {
  const std::optional<BoundingBox> box = bounding_box(slice, width, height);
  if (!box) return;
  PaddedBox padded = padded_box(slice, width, *box);
  flood(padded);
  for (int64_t y = box->min[1]; y <= box->max[1]; ++y) {
    const uint8_t* row = padded.pixels.data() + (y - box->min[1] + 1) * padded.width + 1;
    std::transform(row, row + padded.width - 2, slice + y * width + box->min[0],
                   [](uint8_t pixel) { return pixel == kOpen ? 0 : 1; });
  }
}

Mask fill_holes(Mask mask, Run& run) {
  parallel_for(mask.geometry.slice_count(), run,
               [&](int64_t z) { fill_holes_slice(mask.slice(z), mask.geometry.size[0], mask.geometry.size[1]); });
  return mask;
}

}  // namespace hepatica
