// The residual encoder that the 3-D networks have in common: of an inflated ResNet-152, trained on CT, what comes
// before its third layer. Tensors (N, channels, z, y, x).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "models/layers/layers.h"

namespace hepatica {

class Encoder {
 public:
  static constexpr int64_t kStemWidth = 64;

  struct Features {
    at::Tensor fine;    // what is kept of conv1: half rows and columns
    at::Tensor layer1;  // 256: half slices, quarter rows and columns
    at::Tensor layer2;  // 512: half of those
  };

  // What a decoder keeps of some slices of conv1's output, kStemWidth features.
  using Keep = std::function<at::Tensor(const at::Tensor& stem)>;

  // `prefix`: of the state dict's names, with the dot behind it.
  explicit Encoder(std::string prefix) : prefix_(std::move(prefix)) {}

  // `x`: (N, 1, z, y, x) network values (grid/sample_cells.h), sizes in multiples of 8; conv1 in tiles of `tile_slices`
  // (even) slices.
  Features forward(Layers& layers, const at::Tensor& x, int64_t tile_slices, const Keep& keep) const;

 private:
  // What is kept of conv1, and what goes on into layer1.
  std::pair<at::Tensor, at::Tensor> stem(Layers& layers, const at::Tensor& x, int64_t tile_slices,
                                         const Keep& keep) const;
  at::Tensor residual_layer(Layers& layers, const std::string& name, at::Tensor x, int64_t width, int64_t blocks,
                            int64_t stride) const;

  std::string prefix_;
};

}  // namespace hepatica
