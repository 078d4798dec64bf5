// A convolution with its bias and ReLU in one oneDNN primitive, weights packed ahead; reached through libtorch's
// dispatcher, since libtorch exports neither oneDNN's headers nor its symbols.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace hepatica {

class FusedConv {
 public:
  // Kernel from the weight (out, in, k, k), padding dilation * (k / 2): keeps the size but for `stride`. `dtype` is
  // float or bfloat16; `rows` and `columns` are the size that the weights are packed for (others work too).
  FusedConv(const at::Tensor& weight, const at::Tensor& bias, int64_t dilation, bool relu, at::ScalarType dtype,
            int64_t rows, int64_t columns, int64_t stride = 1);

  // Channels-last in and out.
  at::Tensor operator()(const at::Tensor& input) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  std::array<int64_t, 2> padding_;
  std::array<int64_t, 2> dilation_;
  std::array<int64_t, 2> stride_;
  bool relu_;
};

}  // namespace hepatica
