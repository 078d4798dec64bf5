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

EncoderFeatures Lesion3d::encode(Layers& layers, const at::Tensor& values, int64_t tile_slices) const {
  return Encoder(kEncoderPrefix).forward(layers, values, tile_slices, {}).coarse;
}

void Lesion3d::forward(Layers& layers, const Lesion3dInput& input, int64_t tile_slices,
                       const std::vector<FinePart>& parts, const Emit& emit) const {
  const Encoder::Features features =
      Encoder(kEncoderPrefix).forward(layers, input.values, tile_slices, [&](const at::Tensor& stem) {
        return keep(layers, stem);
      });
  const auto lateral = [&](const FinePart& part) { return part_of(features.fine, part); };
  decode(layers, input, features.coarse, lateral, parts, emit);
}

void Lesion3d::forward(Layers& layers, const Lesion3dInput& input, const EncoderFeatures& features,
                       const std::vector<FinePart>& parts, const Emit& emit) const {
  const auto lateral = [&](const FinePart& part) {
    return Encoder(kEncoderPrefix).fine_part(layers, input.values, part, [&](const at::Tensor& stem) {
      return keep(layers, stem);
    });
  };
  decode(layers, input, features, lateral, parts, emit);
}

at::Tensor Lesion3d::forward(Layers& layers, const Lesion3dInput& input) const {
  const at::Tensor& values = input.values;
  const FinePart all{{0, 0, 0}, {values.size(2), values.size(3) / 2, values.size(4) / 2}};
  at::Tensor logits;
  forward(layers, input, values.size(2), {all}, [&](const FinePart&, const at::Tensor& made) { logits = made; });
  return pixel_shuffle(logits, {1, 2, 2});
}

at::Tensor Lesion3d::keep(Layers& layers, const at::Tensor& stem) const {
  return layers.conv(decoder_conv("lateral0", Encoder::kStemWidth, config_.fine, 1), stem);
}

void Lesion3d::decode(Layers& layers, const Lesion3dInput& input, const EncoderFeatures& features,
                      const Lateral& lateral, const std::vector<FinePart>& parts, const Emit& emit) const {
  const auto& [layer1, layer2] = features;
  const Surroundings surroundings(input.relative, input.mask);
  at::Tensor coarse = upsample(context(layers, layer2, surroundings), extent(layer1));
  coarse = coarse + layers.conv(decoder_conv("lateral1", layer1.size(1), config_.middle, 1), layer1);
  coarse = at::cat({coarse, layers.input(surroundings.middle())}, 1);
  coarse = layers.conv(decoder_conv("up1", coarse.size(1), config_.middle), coarse);
  coarse = layers.conv(conv3d_plain(in_state("decoder.narrow"), config_.middle, config_.fine, 1, false), coarse);
  for (const FinePart& part : parts) emit(part, outline(layers, coarse, lateral, surroundings, part));
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

// Logits of a part: each of three layers before them sees one cell further.
at::Tensor Lesion3d::outline(Layers& layers, const at::Tensor& coarse, const Lateral& lateral,
                             const Surroundings& surroundings, const FinePart& part) const {
  const int64_t fine = config_.fine;
  const auto around = [&](int64_t reach) {
    return grown(part, reach, {2 * coarse.size(2), 2 * coarse.size(3), 2 * coarse.size(4)});
  };
  // Of what was made of the part with `reach` + 1 around it, that with `reach`.
  const auto inner = [&](const at::Tensor& x, int64_t reach) { return part_of(x, around(reach + 1), around(reach)); };
  const at::Tensor shown = layers.input(surroundings.fine(around(4)));
  const at::Tensor beside = layers.conv(decoder_conv("beside0", Surroundings::kFine, fine), shown);
  at::Tensor x = upsampled_part(coarse, around(3)) + lateral(around(3)) + inner(beside, 3);
  x = inner(layers.conv(decoder_conv("up0a", fine, fine), x), 2);
  x = inner(layers.conv(decoder_conv("up0b", fine, fine), x), 1);
  return inner(layers.conv(conv3d_plain(in_state("decoder.head"), fine, 4, 3, true), x), 0);
}

}  // namespace hepatica
