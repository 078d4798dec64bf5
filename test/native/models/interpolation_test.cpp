#include "models/layers/interpolation.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/utils.h>

#include <utility>
#include <vector>

using namespace hepatica;

namespace {

at::Tensor expected_of(const at::Tensor& x, at::IntArrayRef size) {
  return x.dim() == 5 ? at::upsample_trilinear3d(x, size, false) : at::upsample_bilinear2d(x, size, false);
}

// Of the sum of the result weighted by `weight`.
at::Tensor gradient(const at::Tensor& result, const at::Tensor& x, const at::Tensor& weight) {
  return torch::autograd::grad({(result * weight).sum()}, {x})[0];
}

}  // namespace

TEST_CASE("interpolation from neighbours and its gradient are those of ATen's operators") {
  torch::manual_seed(4);
  using Sizes = std::vector<int64_t>;
  for (const auto& [from, to] : {std::pair<Sizes, Sizes>{{2, 3, 5, 7}, {20, 28}},
                                 {{1, 4, 6, 5}, {6, 10}},
                                 {{1, 2, 1, 3}, {3, 9}},
                                 {{2, 3, 2, 5, 4}, {4, 10, 16}}}) {
    const at::Tensor x = at::randn(from).set_requires_grad(true);
    REQUIRE(is_enlargement(x, to));
    const at::Tensor expected = expected_of(x, to);
    const at::Tensor found = interpolate_neighbours(x, to);
    CHECK(found.sizes() == expected.sizes());
    CHECK((found - expected).abs().max().item<double>() < 1e-6);
    const at::Tensor weight = at::randn(expected.sizes());
    CHECK((gradient(found, x, weight) - gradient(expected, x, weight)).abs().max().item<double>() < 1e-5);
  }
  CHECK_FALSE(is_enlargement(at::zeros({1, 1, 4, 4}), {8, 7}));
}

TEST_CASE("interpolation keeps channels-last memory and bf16") {
  const at::Tensor x = at::randn({2, 8, 4, 6}).to(at::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor found = interpolate_neighbours(x, {8, 12});
  CHECK(found.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK((found.scalar_type() == at::kBFloat16));
  CHECK((found - expected_of(x, {8, 12})).abs().max().item<float>() < 0.05F);
}
