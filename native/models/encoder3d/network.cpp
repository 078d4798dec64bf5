#include "models/encoder3d/network.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "models/layers/conv3d.h"

namespace hepatica {
namespace {

// Of the base, an inflated ResNet-152, up to its second layer.
constexpr int64_t kStemWidth = 64;
constexpr int64_t kExpansion = 4;
constexpr int64_t kLayer1Blocks = 3;
constexpr int64_t kLayer2Blocks = 8;
constexpr int64_t kLayer1Width = 64;
constexpr int64_t kLayer2Width = 128;

// The encoder's batch norm is folded into its weights; its last convolutions of a block add before they rectify.
Conv encoder_conv(const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t stride,
                  Activation activation) {
  Conv conv;
  conv.name = "encoder." + name;
  conv.in = in;
  conv.out = out;
  conv.kernel = {kernel, kernel, kernel};
  conv.stride = {stride, stride, stride};
  conv.activation = activation;
  return conv;
}

Conv decoder_conv(const std::string& name, int64_t in, int64_t out, int64_t kernel = 3) {
  return conv3d_norm("decoder." + name, in, out, kernel);
}

at::Tensor slices(const at::Tensor& x, int64_t begin, int64_t end) { return x.narrow(2, begin, end - begin); }

at::Tensor joined(const std::vector<at::Tensor>& tiles) {
  return tiles.size() == 1 ? tiles.front() : at::cat(tiles, 2);
}

}  // namespace

void Encoder3d::forward(Layers& layers, const at::Tensor& x, const at::Tensor& coordinates, int64_t tile_slices,
                        const Emit& emit) const {
  Stem fine = stem(layers, x, tile_slices);
  const at::Tensor layer1 =
      residual_layer(layers, "layer1", std::exchange(fine.pooled, {}), kLayer1Width, kLayer1Blocks, 1);
  const at::Tensor layer2 = residual_layer(layers, "layer2", layer1, kLayer2Width, kLayer2Blocks, 2);
  at::Tensor coarse = upsample(context(layers, layer2, coordinates), extent(layer1));
  coarse = coarse + layers.conv(decoder_conv("lateral1", layer1.size(1), config_.middle, 1), layer1);
  coarse = layers.conv(decoder_conv("up1", config_.middle, config_.middle), coarse);
  coarse = layers.conv(conv3d_plain("decoder.narrow", config_.middle, config_.fine, 1, false), coarse);
  for (int64_t begin = 0; begin < x.size(2); begin += tile_slices) {
    emit(begin, outline(layers, coarse, fine.lateral, begin, std::min(begin + tile_slices, x.size(2))));
  }
}

at::Tensor Encoder3d::forward(Layers& layers, const at::Tensor& x, const at::Tensor& coordinates) const {
  at::Tensor logits;
  forward(layers, x, coordinates, x.size(2), [&](int64_t, const at::Tensor& all) { logits = all; });
  return pixel_shuffle(logits, {1, 2, 2});
}

Encoder3d::Stem Encoder3d::stem(Layers& layers, const at::Tensor& x, int64_t tile_slices) const {
  Conv conv1;
  conv1.name = "encoder.conv1";
  conv1.in = 1;
  conv1.out = kStemWidth;
  conv1.kernel = {3, 7, 7};
  conv1.stride = {1, 2, 2};
  conv1.activation = Activation::kRelu;
  const Conv lateral = decoder_conv("lateral0", kStemWidth, config_.fine, 1);
  std::vector<at::Tensor> laterals;
  std::vector<at::Tensor> pools;
  const int64_t depth = x.size(2);
  for (int64_t begin = 0; begin < depth; begin += tile_slices) {
    const int64_t end = std::min(begin + tile_slices, depth);
    // The pool of slice 2 k sees the one before it, which the kernel makes of another one before that.
    const int64_t above = std::max<int64_t>(0, begin - 2);
    const int64_t below = std::min(end + 1, depth);
    const at::Tensor made = layers.conv(conv1, layers.input(slices(x, above, below)));
    laterals.push_back(layers.conv(lateral, slices(made, begin - above, end - above)));
    const int64_t pooled_from = std::max<int64_t>(0, begin - 2);
    const at::Tensor pooled = layers.max_pool(slices(made, pooled_from - above, end - above), {3, 3, 3}, {2, 2, 2});
    pools.push_back(slices(pooled, (begin - pooled_from) / 2, pooled.size(2)));
  }
  return {joined(laterals), joined(pools)};
}

at::Tensor Encoder3d::residual_layer(Layers& layers, const std::string& name, at::Tensor x, int64_t width,
                                     int64_t blocks, int64_t stride) const {
  const int64_t wide = width * kExpansion;
  for (int64_t block = 0; block < blocks; ++block) {
    const std::string at = name + "." + std::to_string(block) + ".";
    const int64_t step = block == 0 ? stride : 1;
    at::Tensor y = layers.conv(encoder_conv(at + "conv1", x.size(1), width, 1, 1, Activation::kRelu), x);
    y = layers.conv(encoder_conv(at + "conv2", width, width, 3, step, Activation::kRelu), y);
    if (block == 0) {
      x = layers.conv(encoder_conv(at + "downsample", x.size(1), wide, 1, step, Activation::kNone), x);
    }
    x = layers.conv_add(encoder_conv(at + "conv3", width, wide, 1, 1, Activation::kRelu), y, x);
  }
  return x;
}

// Three levels, of 12, 24 and 48 mm, with the body's coordinates: what and where at large.
at::Tensor Encoder3d::context(Layers& layers, const at::Tensor& layer2, const at::Tensor& coordinates) const {
  const int64_t wide = config_.wide;
  const at::Tensor reduced = layers.conv(decoder_conv("reduce2", layer2.size(1), wide, 1), layer2);
  const at::Tensor placed = at::cat({reduced, layers.input(coordinates)}, 1);
  const at::Tensor x2 = layers.conv(decoder_conv("mix2", wide + 2, wide), placed);
  const auto level = [&](const std::string& name, const at::Tensor& above) {
    const at::Tensor x = layers.conv(decoder_conv(name + "a", wide, wide), halve(above));
    return layers.conv(decoder_conv(name + "b", wide, wide), x);
  };
  const at::Tensor x3 = level("down3", x2);
  const at::Tensor x4 = level("down4", x3);
  const at::Tensor up3 = layers.conv(decoder_conv("up3", wide, wide), upsample(x4, extent(x3)) + x3);
  return layers.conv(decoder_conv("up2", wide, config_.middle), upsample(up3, extent(x2)) + x2);
}

// Logits of slices `begin` to `end`. The head sees one slice further, up0 before it another, and interpolation from the
// coarse slices, half as many, one of those.
at::Tensor Encoder3d::outline(Layers& layers, const at::Tensor& coarse, const at::Tensor& lateral, int64_t begin,
                              int64_t end) const {
  const int64_t depth = lateral.size(2);
  const int64_t above = std::max<int64_t>(0, begin - 2);
  const int64_t below = std::min(end + 2, depth);
  const int64_t coarse_above = std::max<int64_t>(0, above / 2 - 1);
  const int64_t coarse_below = std::min(below / 2 + 1, coarse.size(2));
  const at::Tensor part = slices(coarse, coarse_above, coarse_below);
  const at::Tensor upsampled = upsample(part, {2 * part.size(2), lateral.size(3), lateral.size(4)});
  const at::Tensor sum =
      slices(upsampled, above - 2 * coarse_above, below - 2 * coarse_above) + slices(lateral, above, below);
  const at::Tensor mixed = layers.conv(decoder_conv("up0", config_.fine, config_.fine), sum);
  const int64_t seen = std::max(above, begin - 1);
  const int64_t seen_end = std::min(below, end + 1);
  const Conv head = conv3d_plain("decoder.head", config_.fine, 4 * config_.classes(), 3, true);
  const at::Tensor logits = layers.conv(head, slices(mixed, seen - above, seen_end - above));
  return slices(logits, begin - seen, end - seen);
}

}  // namespace hepatica
