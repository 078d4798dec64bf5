// Weights as inference uses them: batch norm folded into the convolution before it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>

#include "models/state_dict.h"

namespace hepatica {

struct FoldedConv {
  at::Tensor weight;  // (out, in, k, k), float32
  at::Tensor bias;    // (out), float32
};

// A state dict that may be anything until a tensor was checked. Keeps a reference.
class CheckedState {
 public:
  // `network` says in messages whose weights they should be: "this liver network".
  CheckedState(const StateDict& state, std::string network, std::string file)
      : state_(state), network_(std::move(network)), file_(std::move(file)) {}

  // float32. Throws WRONG_MODEL naming the file and the tensor that is missing, misshapen or not finite.
  at::Tensor tensor(const std::string& name, at::IntArrayRef shape) const;

  // NAME.weight and NAME.bias.
  FoldedConv conv(const std::string& name, int64_t in, int64_t out, int64_t kernel) const;
  // CONV.weight with the batch norm's NORM.{weight,bias,running_mean,running_var}.
  FoldedConv conv_with_norm(const std::string& conv, const std::string& norm, int64_t in, int64_t out,
                            int64_t kernel) const;

 private:
  [[noreturn]] void refuse(const std::string& name, const std::string& why) const;

  const StateDict& state_;
  std::string network_;
  std::string file_;
};

// A softmax over two logits is the sigmoid of their difference: the head's second half of outputs minus its first.
FoldedConv class_difference(const FoldedConv& head);

}  // namespace hepatica
