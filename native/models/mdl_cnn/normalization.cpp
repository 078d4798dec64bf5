#include "models/mdl_cnn/normalization.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <array>

#include "models/resnet101/module.h"

namespace hepatica {

at::Tensor imagenet_normalized(const at::Tensor& picture) {
  const auto by_channel = [&](const std::array<double, 3>& values) {
    return at::tensor(at::ArrayRef<double>(values), picture.options()).view({1, 3, 1, 1});
  };
  return (picture - by_channel(ResNet101Impl::kMean)) / by_channel(ResNet101Impl::kStd);
}

}  // namespace hepatica
