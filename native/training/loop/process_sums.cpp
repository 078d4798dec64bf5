#include "training/loop/process_sums.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/scalar_tensor.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace hepatica {
namespace {

class SumOverProcesses : public torch::autograd::Function<SumOverProcesses> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* /*context*/, const at::Tensor& x, const ProcessSum& sum) {
    const at::Tensor all = x.clone();
    sum(all);
    return all;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* /*context*/,
                                                 torch::autograd::variable_list gradients) {
    return {gradients[0], at::Tensor()};
  }
};

}  // namespace

at::Tensor sum_over_processes(const at::Tensor& x, const ProcessSum& sum) {
  return sum ? SumOverProcesses::apply(x, sum) : x;
}

at::Tensor mean_over_processes(const at::Tensor& values, const ProcessSum& sum) {
  if (!sum) return values.mean();
  const at::Tensor count = at::scalar_tensor(values.numel(), values.options().dtype(at::kDouble));
  sum(count);
  return sum_over_processes(values.sum(), sum) / count.to(values.scalar_type());
}

BatchShare::BatchShare(int64_t size, int64_t accumulation, const Communicator& communicator) : size_(size) {
  const int64_t part = part_size(size, accumulation);
  for (int64_t begin = 0; begin < size; begin += part) {
    const int64_t length = std::min(size, begin + part) - begin;
    const int64_t end = begin + length * (communicator.rank() + 1) / communicator.size();
    for (int64_t i = begin + length * communicator.rank() / communicator.size(); i < end; ++i) items_.push_back(i);
  }
}

BatchShare::Range BatchShare::own(int64_t begin, int64_t end) const {
  const auto place = [&](int64_t item) {
    return std::lower_bound(items_.begin(), items_.end(), item) - items_.begin();
  };
  return {place(begin), place(end)};
}

}  // namespace hepatica
