#include "models/resnet101/network.h"

#include <ATen/ops/mean.h>
#include <c10/util/Exception.h>

namespace hepatica {
namespace {

constexpr int64_t kBlockExpansion = 4;
constexpr int64_t kStemChannels = 64;
constexpr int64_t kImagenetClasses = 1000;
// Any size whose strides come out whole.
constexpr int64_t kRecordedSize = 64;

Conv layer(const std::string& name, const std::string& norm, int64_t in, int64_t out, int64_t kernel, int64_t stride,
           Activation activation) {
  return {.name = name,
          .norm = norm,
          .in = in,
          .out = out,
          .kernel = {kernel, kernel},
          .stride = {stride, stride},
          .activation = activation};
}

// 1x1 narrows, 3x3, 1x1 widens by four; the sum with the identity, or with its projection where the shape changes.
at::Tensor bottleneck(Layers& layers, const std::string& name, const at::Tensor& x, int64_t out, int64_t stride) {
  const int64_t in = x.size(1);
  const int64_t width = out / kBlockExpansion;
  const auto rectified = [&](const char* number, int64_t from, int64_t kernel, int64_t step) {
    return layer(name + "conv" + number, name + "bn" + number, from, width, kernel, step, Activation::kRelu);
  };
  const at::Tensor narrowed = layers.conv(rectified("1", in, 1, 1), x);
  const at::Tensor middle = layers.conv(rectified("2", width, 3, stride), narrowed);
  const bool same_shape = stride == 1 && in == out;
  const at::Tensor residual =
      same_shape
          ? x
          : layers.conv(layer(name + "downsample.0", name + "downsample.1", in, out, 1, stride, Activation::kNone), x);
  return layers.conv_add(layer(name + "conv3", name + "bn3", width, out, 1, 1, Activation::kRelu), middle, residual);
}

}  // namespace

std::vector<at::Tensor> ResNet101::forward_stages(Layers& layers, const at::Tensor& x) const {
  TORCH_CHECK(stages >= 1 && stages <= kStages, "ResNet101 has 1 to 4 stages, not ", stages);
  const Conv stem = layer(prefix + "conv1", prefix + "bn1", 3, kStemChannels, 7, 2, Activation::kRelu);
  at::Tensor features = layers.max_pool(layers.conv(stem, layers.input(x)), {3, 3}, {2, 2});
  std::vector<at::Tensor> outputs;
  for (size_t stage = 0; stage < static_cast<size_t>(stages); ++stage) {
    for (int64_t block = 0; block < kBlocks[stage]; ++block) {
      const std::string name = prefix + "layer" + std::to_string(stage + 1) + "." + std::to_string(block) + ".";
      features = bottleneck(layers, name, features, kChannels[stage], block == 0 && stage > 0 ? 2 : 1);
    }
    outputs.push_back(features);
  }
  return outputs;
}

at::Tensor ResNet101::forward(Layers& layers, const at::Tensor& x) const {
  TORCH_CHECK(stages == kStages, "the classifier of ResNet101 needs all four stages");
  const Conv classifier = {.name = prefix + "fc", .in = kChannels.back(), .out = kImagenetClasses};
  return layers.conv(classifier, at::mean(forward_stages(layers, x).back(), {2, 3}));
}

RecordedLayers resnet101_layers(int64_t stages, bool classifier) {
  const ResNet101 network{stages};
  return record([&](Layers& layers) {
    const at::Tensor x = meta_input({1, 3, kRecordedSize, kRecordedSize});
    if (classifier) {
      network.forward(layers, x);
    } else {
      network.forward_stages(layers, x);
    }
  });
}

}  // namespace hepatica
