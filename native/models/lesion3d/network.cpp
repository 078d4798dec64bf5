#include "models/lesion3d/network.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <string>

#include "models/encoder3d/encoder.h"
#include "models/encoder3d/tiles.h"
#include "models/layers/conv3d.h"

namespace hepatica {
namespace {

std::string in_state(const std::string& name) { return Lesion3dConfig::kPrefix + name; }

Conv decoder_conv(const std::string& name, int64_t in, int64_t out, int64_t kernel = 3) {
  return conv3d_norm(in_state("decoder." + name), in, out, kernel);
}

}  // namespace

void Lesion3d::forward(Layers& layers, const Lesion3dInput& input, int64_t tile_slices, const Emit& emit) const {
  const Conv lateral = decoder_conv("lateral0", Encoder::kStemWidth, config_.fine, 1);
  auto [fine, layer1, layer2] =
      Encoder(in_state("encoder.")).forward(layers, input.values, tile_slices, [&](const at::Tensor& stem) {
        return layers.conv(lateral, stem);
      });
  const Surroundings surroundings(input.relative, input.mask);
  at::Tensor coarse = upsample(context(layers, layer2, surroundings), extent(layer1));
  coarse = coarse + layers.conv(decoder_conv("lateral1", layer1.size(1), config_.middle, 1), layer1);
  coarse = at::cat({coarse, layers.input(surroundings.middle())}, 1);
  coarse = layers.conv(decoder_conv("up1", coarse.size(1), config_.middle), coarse);
  coarse = layers.conv(conv3d_plain(in_state("decoder.narrow"), config_.middle, config_.fine, 1, false), coarse);
  const int64_t depth = input.values.size(2);
  for (int64_t begin = 0; begin < depth; begin += tile_slices) {
    emit(begin, outline(layers, coarse, fine, surroundings, begin, std::min(begin + tile_slices, depth)));
  }
}

at::Tensor Lesion3d::forward(Layers& layers, const Lesion3dInput& input) const {
  at::Tensor logits;
  forward(layers, input, input.values.size(2), [&](int64_t, const at::Tensor& all) { logits = all; });
  return pixel_shuffle(logits, {1, 2, 2});
}

// Two levels, of 12 and 24 mm.
at::Tensor Lesion3d::context(Layers& layers, const at::Tensor& layer2, const Surroundings& surroundings) const {
  const int64_t wide = config_.wide;
  const at::Tensor reduced = layers.conv(decoder_conv("reduce2", layer2.size(1), wide, 1), layer2);
  const at::Tensor shown = at::cat({reduced, layers.input(surroundings.coarse())}, 1);
  const at::Tensor x2 = layers.conv(decoder_conv("mix2", shown.size(1), wide), shown);
  at::Tensor x3 = layers.conv(decoder_conv("down3a", wide, wide), halve(x2));
  x3 = layers.conv(decoder_conv("down3b", wide, wide), x3);
  return layers.conv(decoder_conv("up2", wide, config_.middle), upsample(x3, extent(x2)) + x2);
}

// Logits of slices `begin` to `end`: each of three layers before them sees one slice further.
at::Tensor Lesion3d::outline(Layers& layers, const at::Tensor& coarse, const at::Tensor& lateral,
                             const Surroundings& surroundings, int64_t begin, int64_t end) const {
  const int64_t fine = config_.fine;
  const int64_t depth = lateral.size(2);
  const auto above = [&](int64_t reach) { return std::max<int64_t>(0, begin - reach); };
  const auto below = [&](int64_t reach) { return std::min(end + reach, depth); };
  // Of what was made of the slices up to `reach` + 1, those up to `reach`.
  const auto inner = [&](const at::Tensor& x, int64_t reach) {
    return slices(x, above(reach) - above(reach + 1), below(reach) - above(reach + 1));
  };
  const at::Tensor shown = layers.input(surroundings.fine(above(4), below(4)));
  const at::Tensor beside = layers.conv(decoder_conv("beside0", Surroundings::kFine, fine), shown);
  at::Tensor x = upsampled_slices(coarse, lateral.size(3), lateral.size(4), above(3), below(3));
  x = x + slices(lateral, above(3), below(3)) + inner(beside, 3);
  x = inner(layers.conv(decoder_conv("up0a", fine, fine), x), 2);
  x = inner(layers.conv(decoder_conv("up0b", fine, fine), x), 1);
  return inner(layers.conv(conv3d_plain(in_state("decoder.head"), fine, 4, 3, true), x), 0);
}

}  // namespace hepatica
