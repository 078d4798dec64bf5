#include "models/locator3d/network.h"

#include <ATen/TensorOperators.h>

#include <string>

#include "models/layers/conv3d.h"

namespace hepatica {
namespace {

constexpr int64_t kClasses = 2;

at::Tensor twice(Layers& layers, const std::string& first, const std::string& second, int64_t width,
                 const at::Tensor& x) {
  const at::Tensor y = layers.conv(conv3d_norm("locator." + first, x.size(1), width, 3), x);
  return layers.conv(conv3d_norm("locator." + second, width, width, 3), y);
}

at::Tensor joined(Layers& layers, const std::string& level, const at::Tensor& coarse, const at::Tensor& fine) {
  const int64_t width = fine.size(1);
  const Conv narrow = conv3d_plain("locator.narrow" + level, coarse.size(1), width, 1, false);
  const at::Tensor sum = upsample(layers.conv(narrow, coarse), extent(fine)) + fine;
  return layers.conv(conv3d_norm("locator.up" + level, width, width, 3), sum);
}

}  // namespace

at::Tensor Locator3d::forward(Layers& layers, const at::Tensor& x) const {
  const at::Tensor x1 = twice(layers, "enter1", "enter2", config_.widths[0], layers.input(x));
  const at::Tensor x2 = twice(layers, "down2a", "down2b", config_.widths[1], halve(x1));
  const at::Tensor x3 = twice(layers, "down3a", "down3b", config_.widths[2], halve(x2));
  const at::Tensor x4 = twice(layers, "down4a", "down4b", config_.widths[3], halve(x3));
  const at::Tensor y3 = joined(layers, "3", x4, x3);
  const at::Tensor y2 = joined(layers, "2", y3, x2);
  const at::Tensor y1 = joined(layers, "1", y2, x1);
  Conv head = conv3d_plain("locator.head", config_.widths[0], kClasses, 1, true);
  head.two_classes = true;
  return layers.conv(head, y1);
}

}  // namespace hepatica
