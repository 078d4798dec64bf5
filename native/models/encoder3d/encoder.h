// The residual encoder that the 3-D networks have in common: of an inflated ResNet-152, trained on CT, what comes
// before its third layer. Tensors (N, channels, z, y, x).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "models/encoder3d/features.h"
#include "models/encoder3d/tiles.h"
#include "models/layers/layers.h"
#include "models/state_dict.h"

namespace hepatica {

// A hash of the tensors behind `prefix`, their names without it, and the cells that a scan is shown in: encoders of one
// id compute the same of a box.
std::string encoder_id(const StateDict& state, const std::string& prefix, const Vec3& cell_mm);

class Encoder {
 public:
  static constexpr int64_t kStemWidth = 64;

  struct Features {
    at::Tensor fine;  // what is kept of conv1: half rows and columns
    EncoderFeatures coarse;
  };

  // What a decoder keeps of some slices of conv1's output, kStemWidth features.
  using Keep = std::function<at::Tensor(const at::Tensor& stem)>;

  // `prefix`: of the state dict's names, with the dot behind it.
  explicit Encoder(std::string prefix) : prefix_(std::move(prefix)) {}

  // `x`: (N, 1, z, y, x) network values (grid/sample_cells.h), sizes in multiples of 8; conv1 in tiles of `tile_slices`
  // (even) slices. Without `keep` nothing is kept of conv1.
  Features forward(Layers& layers, const at::Tensor& x, int64_t tile_slices, const Keep& keep) const;

  // What forward keeps of `part` of conv1's output, and nothing else.
  at::Tensor fine_part(Layers& layers, const at::Tensor& x, const FinePart& part, const Keep& keep) const;

 private:
  // What is kept of conv1, and what goes on into layer1.
  std::pair<at::Tensor, at::Tensor> stem(Layers& layers, const at::Tensor& x, int64_t tile_slices,
                                         const Keep& keep) const;
  Conv conv1() const;
  at::Tensor residual_layer(Layers& layers, const std::string& name, at::Tensor x, int64_t width, int64_t blocks,
                            int64_t stride) const;

  std::string prefix_;
};

}  // namespace hepatica
