#include "models/encoder3d/encoder.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "core/sha1.h"
#include "models/encoder3d/tiles.h"

namespace hepatica {
namespace {

constexpr int64_t kExpansion = 4;
constexpr int64_t kLayer1Blocks = 3;
constexpr int64_t kLayer2Blocks = 8;
constexpr int64_t kLayer1Width = 64;
constexpr int64_t kLayer2Width = 128;

// Batch norm is folded into the weights; a block's last convolutions add before they rectify.
Conv block_conv(const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t stride,
                Activation activation) {
  Conv conv;
  conv.name = name;
  conv.in = in;
  conv.out = out;
  conv.kernel = {kernel, kernel, kernel};
  conv.stride = {stride, stride, stride};
  conv.activation = activation;
  return conv;
}

}  // namespace

std::string encoder_id(const StateDict& state, const std::string& prefix, const Vec3& cell_mm) {
  Sha1 hash;
  hash.update(cell_mm.data(), cell_mm.size() * sizeof(double));
  for (const auto& [name, tensor] : state) {
    if (!name.starts_with(prefix)) continue;
    hash.update(name.c_str() + prefix.size(), name.size() - prefix.size() + 1);
    // In single precision, which the layers are folded in, whatever a file holds them as.
    const at::Tensor values = tensor.to(at::kFloat).contiguous();
    hash.update(values.sizes().data(), values.sizes().size() * sizeof(int64_t));
    hash.update(values.const_data_ptr<float>(), static_cast<size_t>(values.numel()) * sizeof(float));
  }
  return to_hex(hash.finish());
}

Encoder::Features Encoder::forward(Layers& layers, const at::Tensor& x, int64_t tile_slices, const Keep& keep) const {
  Features features;
  at::Tensor pooled;
  std::tie(features.fine, pooled) = stem(layers, x, tile_slices, keep);
  auto& [layer1, layer2] = features.coarse;
  layer1 = residual_layer(layers, "layer1", std::exchange(pooled, {}), kLayer1Width, kLayer1Blocks, 1);
  layer2 = residual_layer(layers, "layer2", layer1, kLayer2Width, kLayer2Blocks, 2);
  return features;
}

at::Tensor Encoder::fine_part(Layers& layers, const at::Tensor& x, const FinePart& part, const Keep& keep) const {
  // The kernel sees one slice and two of the coarser rows and columns further.
  const FinePart seen = grown(part, 2, {x.size(2), x.size(3) / 2, x.size(4) / 2});
  const at::Tensor cells = part_of(x, in_cells(seen));
  return keep(part_of(layers.conv(conv1(), layers.input(cells)), seen, part));
}

Conv Encoder::conv1() const {
  Conv conv;
  conv.name = prefix_ + "conv1";
  conv.in = 1;
  conv.out = kStemWidth;
  conv.kernel = {3, 7, 7};
  conv.stride = {1, 2, 2};
  conv.activation = Activation::kRelu;
  return conv;
}

std::pair<at::Tensor, at::Tensor> Encoder::stem(Layers& layers, const at::Tensor& x, int64_t tile_slices,
                                                const Keep& keep) const {
  std::vector<at::Tensor> kept;
  std::vector<at::Tensor> pools;
  const int64_t depth = x.size(2);
  for (int64_t begin = 0; begin < depth; begin += tile_slices) {
    const int64_t end = std::min(begin + tile_slices, depth);
    // The pool of slice 2 k sees the one before it, which the kernel makes of another one before that.
    const int64_t above = std::max<int64_t>(0, begin - 2);
    const int64_t below = std::min(end + 1, depth);
    const at::Tensor made = layers.conv(conv1(), layers.input(slices(x, above, below)));
    if (keep) kept.push_back(keep(slices(made, begin - above, end - above)));
    const int64_t pooled_from = std::max<int64_t>(0, begin - 2);
    const at::Tensor pooled = layers.max_pool(slices(made, pooled_from - above, end - above), {3, 3, 3}, {2, 2, 2});
    pools.push_back(slices(pooled, (begin - pooled_from) / 2, pooled.size(2)));
  }
  return {keep ? joined(kept) : at::Tensor(), joined(pools)};
}

at::Tensor Encoder::residual_layer(Layers& layers, const std::string& name, at::Tensor x, int64_t width, int64_t blocks,
                                   int64_t stride) const {
  const int64_t wide = width * kExpansion;
  for (int64_t block = 0; block < blocks; ++block) {
    const std::string at = prefix_ + name + "." + std::to_string(block) + ".";
    const int64_t step = block == 0 ? stride : 1;
    at::Tensor y = layers.conv(block_conv(at + "conv1", x.size(1), width, 1, 1, Activation::kRelu), x);
    y = layers.conv(block_conv(at + "conv2", width, width, 3, step, Activation::kRelu), y);
    if (block == 0) {
      x = layers.conv(block_conv(at + "downsample", x.size(1), wide, 1, step, Activation::kNone), x);
    }
    x = layers.conv_add(block_conv(at + "conv3", width, wide, 1, 1, Activation::kRelu), y, x);
  }
  return x;
}

}  // namespace hepatica
