// The 3-D lesion network's one forward pass. Tensors (N, channels, z, y, x), canonical orientation; members are named
// as in the state dict, behind Lesion3dConfig::kPrefix.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/encoder3d/features.h"
#include "models/encoder3d/tiles.h"
#include "models/layers/layers.h"
#include "models/lesion3d/config.h"
#include "models/lesion3d/surroundings.h"

namespace hepatica {

// Each (N, 1, z, y, x), float32, sizes in multiples of 8.
struct Lesion3dInput {
  // Network values (grid/sample_cells.h).
  at::Tensor values;
  // (HU - the liver's commonest) / kContrastHu, clamped.
  at::Tensor relative;
  // 1 inside the liver.
  at::Tensor mask;
};

class Lesion3d {
 public:
  // Of its encoder's tensors.
  static constexpr const char* kEncoderPrefix = "location3d.encoder.";

  // Logits of a part of the cells: (N, 2 * 2, slices, rows, columns), the sub-columns fastest.
  using Emit = std::function<void(const FinePart& part, const at::Tensor& logits)>;

  explicit Lesion3d(const Lesion3dConfig& config) : config_(config) {}

  // What the encoder makes of `values`, conv1 in tiles of `tile_slices` (even) slices.
  EncoderFeatures encode(Layers& layers, const at::Tensor& values, int64_t tile_slices) const;

  // Each of the parts with as much around it as the layers see: the result is that of the whole.
  void forward(Layers& layers, const Lesion3dInput& input, int64_t tile_slices, const std::vector<FinePart>& parts,
               const Emit& emit) const;

  // The same with what the encoder made of the input's cells, and perhaps of what lies around them.
  void forward(Layers& layers, const Lesion3dInput& input, const EncoderFeatures& features,
               const std::vector<FinePart>& parts, const Emit& emit) const;

  // All logits at once, (N, 1, z, y, x).
  at::Tensor forward(Layers& layers, const Lesion3dInput& input) const;

 private:
  // What the decoder keeps of conv1's output.
  using Lateral = std::function<at::Tensor(const FinePart& part)>;

  at::Tensor keep(Layers& layers, const at::Tensor& stem) const;
  void decode(Layers& layers, const Lesion3dInput& input, const EncoderFeatures& features, const Lateral& lateral,
              const std::vector<FinePart>& parts, const Emit& emit) const;
  at::Tensor context(Layers& layers, const at::Tensor& layer2, const Surroundings& surroundings) const;
  at::Tensor outline(Layers& layers, const at::Tensor& coarse, const Lateral& lateral, const Surroundings& surroundings,
                     const FinePart& part) const;

  Lesion3dConfig config_;
};

}  // namespace hepatica
