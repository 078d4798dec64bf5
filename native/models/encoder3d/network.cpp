#include "models/encoder3d/network.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <string>

#include "models/encoder3d/encoder.h"
#include "models/encoder3d/tiles.h"
#include "models/layers/conv3d.h"

namespace hepatica {
namespace {

Conv decoder_conv(const std::string& name, int64_t in, int64_t out, int64_t kernel = 3) {
  return conv3d_norm("decoder." + name, in, out, kernel);
}

}  // namespace

EncoderFeatures Encoder3d::forward(Layers& layers, const at::Tensor& x, const at::Tensor& coordinates,
                                   int64_t tile_slices, const Emit& emit) const {
  const Conv lateral = decoder_conv("lateral0", Encoder::kStemWidth, config_.fine, 1);
  const Encoder::Features features =
      Encoder(kEncoderPrefix).forward(layers, x, tile_slices, [&](const at::Tensor& stem) {
        return layers.conv(lateral, stem);
      });
  const auto& [layer1, layer2] = features.coarse;
  at::Tensor coarse = upsample(context(layers, layer2, coordinates), extent(layer1));
  coarse = coarse + layers.conv(decoder_conv("lateral1", layer1.size(1), config_.middle, 1), layer1);
  coarse = layers.conv(decoder_conv("up1", config_.middle, config_.middle), coarse);
  coarse = layers.conv(conv3d_plain("decoder.narrow", config_.middle, config_.fine, 1, false), coarse);
  for (int64_t begin = 0; begin < x.size(2); begin += tile_slices) {
    emit(begin, outline(layers, coarse, features.fine, begin, std::min(begin + tile_slices, x.size(2))));
  }
  return features.coarse;
}

at::Tensor Encoder3d::forward(Layers& layers, const at::Tensor& x, const at::Tensor& coordinates) const {
  at::Tensor logits;
  forward(layers, x, coordinates, x.size(2), [&](int64_t, const at::Tensor& all) { logits = all; });
  return pixel_shuffle(logits, {1, 2, 2});
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
  const FinePart seen_part = {{above, 0, 0}, {below, lateral.size(3), lateral.size(4)}};
  const at::Tensor sum = upsampled_part(coarse, seen_part) + slices(lateral, above, below);
  const at::Tensor mixed = layers.conv(decoder_conv("up0", config_.fine, config_.fine), sum);
  const int64_t seen = std::max(above, begin - 1);
  const int64_t seen_end = std::min(below, end + 1);
  const Conv head = conv3d_plain("decoder.head", config_.fine, 4 * config_.classes(), 3, true);
  const at::Tensor logits = layers.conv(head, slices(mixed, seen - above, seen_end - above));
  return slices(logits, begin - seen, end - seen);
}

}  // namespace hepatica
