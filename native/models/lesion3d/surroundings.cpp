#include "models/lesion3d/surroundings.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/avg_pool3d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/ones.h>

#include <array>

#include "models/layers/layers.h"

namespace hepatica {
namespace {

// Cells of 3 mm a side: 15 and 33 mm tell how deep in the liver a place lies.
constexpr int64_t kNear = 5;
constexpr int64_t kFar = 11;
// Of a cell with less liver in it the grey is that of nothing.
constexpr double kLeastInside = 0.1;

// Sums over `cells` along one axis of what is there: the pool refuses volumes that are smaller than its window.
at::Tensor sums(const at::Tensor& volume, int64_t axis, int64_t cells) {
  std::array<int64_t, 3> window = {1, 1, 1};
  std::array<int64_t, 6> edges = {0, 0, 0, 0, 0, 0};  // the last axis first
  window[axis] = cells;
  edges[2 * (2 - axis)] = edges[2 * (2 - axis) + 1] = cells / 2;
  return at::avg_pool3d(at::constant_pad_nd(volume, edges), window, 1, 0, false, true, 1);
}

// Over `cells` along each axis, of those that there are.
at::Tensor box_mean(at::Tensor volume, int64_t cells) {
  for (int64_t axis = 0; axis < 3; ++axis) {
    std::array<int64_t, 5> shape = {1, 1, 1, 1, 1};
    shape[axis + 2] = volume.size(axis + 2);
    volume = sums(volume, axis, cells) / sums(at::ones(shape, volume.options()), axis, cells);
  }
  return volume;
}

at::Tensor halved(const at::Tensor& volume) { return at::avg_pool3d(volume, 2); }

at::Tensor of_liver(const at::Tensor& grey, const at::Tensor& inside) { return grey / inside.clamp_min(kLeastInside); }

}  // namespace

Surroundings::Surroundings(const at::Tensor& relative, const at::Tensor& mask) : relative_(relative), mask_(mask) {
  at::Tensor inside = at::avg_pool3d(mask, {1, 2, 2});
  at::Tensor grey = at::avg_pool3d(relative * mask, {1, 2, 2});
  at::Tensor depth = box_mean(inside, kFar);
  const at::Tensor smooth = of_liver(at::avg_pool3d(grey, 3, 1, 1), at::avg_pool3d(inside, 3, 1, 1));
  around_ = at::cat({smooth, box_mean(inside, kNear), depth}, 1);
  for (at::Tensor* const level : {&middle_, &coarse_}) {
    grey = halved(grey);
    inside = halved(inside);
    depth = halved(depth);
    *level = at::cat({of_liver(grey, inside), inside, depth}, 1);
  }
}

at::Tensor Surroundings::fine(const FinePart& part) const {
  const auto each = [&](const at::Tensor& volume) {
    return pixel_unshuffle(part_of(volume, in_cells(part)), {1, 2, 2});
  };
  return at::cat({each(relative_), each(mask_), part_of(around_, part)}, 1);
}

}  // namespace hepatica
