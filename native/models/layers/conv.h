// What a network says of a convolution of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hepatica {

enum class Activation { kNone, kRelu };

// Along (y, x) or (z, y, x); a kernel of no axis is a fully connected layer. Padding is dilation * (kernel / 2): the
// size stays, but for the stride.
struct Conv {
  // State-dict name: NAME.weight, and NAME.bias where it has one.
  std::string name = {};
  // Of the batch norm behind it: NORM.{weight,bias,running_mean,running_var,num_batches_tracked}; empty: none.
  std::string norm = {};
  int64_t in = 0;
  int64_t out = 0;
  std::vector<int64_t> kernel = {};
  // One value an axis; empty: 1 along each.
  std::vector<int64_t> stride = {};
  std::vector<int64_t> dilation = {};
  // Where no norm follows.
  bool bias = true;
  Activation activation = Activation::kNone;
  // The logits of two classes, the first class's channels before the second's. Inference computes their difference
  // alone, out / 2 channels: a softmax over two logits is the sigmoid of their difference.
  bool two_classes = false;

  bool has_norm() const { return !norm.empty(); }
  bool has_bias() const { return bias && !has_norm(); }
  std::vector<int64_t> strides() const { return stride.empty() ? ones() : stride; }
  std::vector<int64_t> dilations() const { return dilation.empty() ? ones() : dilation; }
  std::vector<int64_t> padding() const {
    std::vector<int64_t> sizes = dilations();
    for (size_t axis = 0; axis < sizes.size(); ++axis) sizes[axis] *= kernel[axis] / 2;
    return sizes;
  }
  // (out, in, kernel...)
  std::vector<int64_t> weight_shape() const {
    std::vector<int64_t> shape = {out, in};
    shape.insert(shape.end(), kernel.begin(), kernel.end());
    return shape;
  }

  bool operator==(const Conv&) const = default;

 private:
  std::vector<int64_t> ones() const { return std::vector<int64_t>(kernel.size(), 1); }
};

}  // namespace hepatica
