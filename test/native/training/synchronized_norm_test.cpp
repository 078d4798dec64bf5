#include "models/layers/synchronized_norm.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <vector>

#include "process_threads.h"

namespace hepatica {
namespace {

constexpr double kMomentum = 0.1;
constexpr double kEpsilon = 1e-5;

struct Norm {
  at::Tensor y, dx, d_weight, d_bias, running_mean, running_var;
};

struct Input {
  at::Tensor x, dy, weight, bias;
};

// Away from 0, as activations lie, so that a variance by differences would show.
Input draw(at::IntArrayRef shape) {
  at::manual_seed(3);
  return {at::randn(shape) * 0.5 + 20, at::randn(shape), at::rand(shape[1]) + 0.5, at::randn(shape[1])};
}

template <class Apply>
Norm normalize(const Input& input, const Apply& apply) {
  Norm norm;
  const at::Tensor x = input.x.detach().clone().set_requires_grad(true);
  const at::Tensor weight = input.weight.detach().clone().set_requires_grad(true);
  const at::Tensor bias = input.bias.detach().clone().set_requires_grad(true);
  norm.running_mean = at::zeros(weight.size(0));
  norm.running_var = at::ones(weight.size(0));
  norm.y = apply(x, weight, bias, norm);
  norm.y.backward(input.dy);
  norm.dx = x.grad();
  norm.d_weight = weight.grad();
  norm.d_bias = bias.grad();
  return norm;
}

Norm normalize_alone(const Input& input) {
  return normalize(input, [](const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, Norm& norm) {
    return at::batch_norm(x, weight, bias, norm.running_mean, norm.running_var, true, kMomentum, kEpsilon, false);
  });
}

// Items [cuts[rank], cuts[rank + 1]) in each process.
std::vector<Norm> normalize_together(const Input& input, const std::vector<int64_t>& cuts) {
  std::vector<Norm> norms(cuts.size() - 1);
  run_processes(static_cast<int>(norms.size()), [&](Communicator& communicator, Run&) {
    const auto rank = static_cast<size_t>(communicator.rank());
    const auto part = [&](const at::Tensor& whole) { return whole.slice(0, cuts[rank], cuts[rank + 1]); };
    const ProcessSum sum = [&](const at::Tensor& tensor) { communicator.all_reduce_sum(tensor); };
    norms[rank] = normalize({part(input.x), part(input.dy), input.weight, input.bias},
                            [&](const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, Norm& norm) {
                              const NormStatistics statistics{norm.running_mean, norm.running_var, kMomentum, kEpsilon};
                              return synchronized_batch_norm(x, weight, bias, statistics, sum);
                            });
  });
  return norms;
}

double relative_error(const at::Tensor& value, const at::Tensor& expected) {
  return ((value - expected).abs().max() / expected.abs().max()).item<double>();
}

void check_as_alone(const Input& input, const std::vector<int64_t>& cuts) {
  const Norm alone = normalize_alone(input);
  const std::vector<Norm> together = normalize_together(input, cuts);
  const auto joined = [&](at::Tensor Norm::*member) {
    std::vector<at::Tensor> parts;
    for (const Norm& norm : together) parts.push_back(norm.*member);
    return at::cat(parts);
  };
  const auto summed = [&](at::Tensor Norm::*member) {
    at::Tensor sum = at::zeros_like(alone.*member);
    for (const Norm& norm : together) sum += norm.*member;
    return sum;
  };
  CHECK(relative_error(joined(&Norm::y), alone.y) < 1e-5);
  CHECK(relative_error(joined(&Norm::dx), alone.dx) < 1e-5);
  CHECK(relative_error(summed(&Norm::d_weight), alone.d_weight) < 1e-5);
  CHECK(relative_error(summed(&Norm::d_bias), alone.d_bias) < 1e-5);
  for (const Norm& norm : together) {
    CHECK(relative_error(norm.running_mean, alone.running_mean) < 1e-6);
    CHECK(relative_error(norm.running_var, alone.running_var) < 1e-6);
    CHECK(at::equal(norm.running_var, together[0].running_var));
  }
}

TEST_CASE("Batch norm over two processes is that of one with all items, and so are its gradients") {
  check_as_alone(draw({8, 5, 9, 7}), {0, 4, 8});
}

TEST_CASE("Batch norm over processes counts values, whoever has how many") {
  check_as_alone(draw({5, 3, 4, 6}), {0, 1, 1, 5});
}

TEST_CASE("Batch norm over processes takes pictures of three dimensions, and channels-last ones") {
  check_as_alone(draw({4, 3, 5, 4, 6}), {0, 2, 4});
  Input input = draw({4, 16, 6, 6});
  input.x = input.x.contiguous(at::MemoryFormat::ChannelsLast);
  check_as_alone(input, {0, 3, 4});
}

}  // namespace
}  // namespace hepatica
