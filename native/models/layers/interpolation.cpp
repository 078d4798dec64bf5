#include "models/layers/interpolation.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/stack.h>

#include <vector>

namespace hepatica {
namespace {

// Each value's neighbour along `dim`, the last one's itself; backwards: the one before.
at::Tensor neighbour(const at::Tensor& x, int64_t dim, bool backwards) {
  const int64_t size = x.size(dim);
  if (size == 1) return x;
  const at::Tensor moved = x.narrow(dim, backwards ? 0 : 1, size - 1);
  const at::Tensor border = x.narrow(dim, backwards ? 0 : size - 1, 1);
  return backwards ? at::cat({border, moved}, dim) : at::cat({moved, border}, dim);
}

at::Tensor enlarge_axis(const at::Tensor& x, int64_t dim, int64_t factor) {
  const at::Tensor before = neighbour(x, dim, true);
  const at::Tensor after = neighbour(x, dim, false);
  std::vector<at::Tensor> phases;
  for (int64_t phase = 0; phase < factor; ++phase) {
    const double offset = (static_cast<double>(phase) + 0.5) / static_cast<double>(factor) - 0.5;
    phases.push_back(offset < 0 ? at::lerp(x, before, -offset) : at::lerp(x, after, offset));
  }
  return at::stack(phases, dim + 1).flatten(dim, dim + 1);
}

}  // namespace

bool is_enlargement(const at::Tensor& x, at::IntArrayRef size) {
  for (size_t axis = 0; axis < size.size(); ++axis) {
    if (size[axis] % x.size(static_cast<int64_t>(axis) + 2) != 0) return false;
  }
  return true;
}

at::Tensor interpolate_neighbours(const at::Tensor& x, at::IntArrayRef size) {
  at::Tensor values = x;
  for (size_t axis = 0; axis < size.size(); ++axis) {
    const auto dim = static_cast<int64_t>(axis) + 2;
    const int64_t factor = size[axis] / x.size(dim);
    if (factor > 1) values = enlarge_axis(values, dim, factor);
  }
  return values.contiguous(x.suggest_memory_format());
}

}  // namespace hepatica
