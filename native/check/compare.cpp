#include "check/compare.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace hepatica::check {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

at::Tensor as_double(const at::Tensor& tensor) { return tensor.detach().to(at::kCPU).to(at::kDouble); }

}  // namespace

double relative_error(const at::Tensor& found, const at::Tensor& expected) {
  return relative_error(StateDict{{"", found}}, StateDict{{"", expected}});
}

double largest_difference(const at::Tensor& found, const at::Tensor& expected) {
  if (!found.defined() || found.sizes() != expected.sizes()) return kInfinity;
  return (as_double(found) - as_double(expected)).abs().max().item<double>();
}

double relative_error(const StateDict& found, const StateDict& expected) {
  double difference = 0;
  double scale = 0;
  for (const auto& [name, tensor] : expected) {
    const auto other = found.find(name);
    if (other == found.end() || !other->second.defined() || other->second.sizes() != tensor.sizes()) return kInfinity;
    const at::Tensor reference = as_double(tensor);
    difference += (as_double(other->second) - reference).square().sum().item<double>();
    scale += reference.square().sum().item<double>();
  }
  if (difference == 0) return 0;
  const double error = std::sqrt(difference / scale);
  return error >= 0 ? error : kInfinity;
}

bool same_bytes(const StateDict& a, const StateDict& b) {
  if (a.size() != b.size()) return false;
  return std::all_of(a.begin(), a.end(), [&](const auto& entry) {
    const auto other = b.find(entry.first);
    if (other == b.end()) return false;
    const at::Tensor mine = entry.second.detach().cpu().contiguous();
    const at::Tensor theirs = other->second.detach().cpu().contiguous();
    return mine.nbytes() == theirs.nbytes() &&
           std::memcmp(mine.const_data_ptr(), theirs.const_data_ptr(), mine.nbytes()) == 0;
  });
}

}  // namespace hepatica::check
