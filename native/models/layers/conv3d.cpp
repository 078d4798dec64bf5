#include "models/layers/conv3d.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/maximum.h>

namespace hepatica {
namespace {

Conv cubic(int64_t in, int64_t out, int64_t kernel) {
  Conv conv;
  conv.in = in;
  conv.out = out;
  conv.kernel = {kernel, kernel, kernel};
  return conv;
}

at::Tensor halve_axis(const at::Tensor& x, int64_t axis) {
  const int64_t pairs = x.size(axis) / 2;
  const at::Tensor even = x.slice(axis, 0, 2 * pairs, 2);
  const at::Tensor odd = x.slice(axis, 1, 2 * pairs, 2);
  const at::Tensor pooled = at::maximum(even, odd);
  return 2 * pairs == x.size(axis) ? pooled : at::cat({pooled, x.narrow(axis, 2 * pairs, 1)}, axis);
}

}  // namespace

Conv conv3d_norm(const std::string& name, int64_t in, int64_t out, int64_t kernel) {
  Conv conv = cubic(in, out, kernel);
  conv.name = name + ".conv";
  conv.norm = name + ".bn";
  conv.activation = Activation::kRelu;
  return conv;
}

Conv conv3d_plain(const std::string& name, int64_t in, int64_t out, int64_t kernel, bool bias) {
  Conv conv = cubic(in, out, kernel);
  conv.name = name;
  conv.bias = bias;
  return conv;
}

at::Tensor halve(const at::Tensor& x) { return halve_axis(halve_axis(halve_axis(x, 2), 3), 4); }

}  // namespace hepatica
