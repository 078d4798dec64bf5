// A convolution with its bias, sum and ReLU in one oneDNN primitive, weights packed ahead; reached through libtorch's
// dispatcher, since libtorch exports neither oneDNN's headers nor its symbols.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "models/layers/folded_weights.h"

namespace hepatica {

class PackedConv {
 public:
  // `dtype` is float or bfloat16; the weights are packed for the input's size that was recorded (others work too).
  PackedConv(const RecordedConv& recorded, const FoldedConv& conv, at::ScalarType dtype);

  // Channels-last in and out.
  at::Tensor operator()(const at::Tensor& input) const;
  // With `residual` added before the activation.
  at::Tensor operator()(const at::Tensor& input, const at::Tensor& residual) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  std::vector<int64_t> padding_;
  std::vector<int64_t> dilation_;
  std::vector<int64_t> stride_;
  bool relu_;
};

}  // namespace hepatica
