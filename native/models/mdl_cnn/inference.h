// The lesion network on the CPU, fast: batch norm folded, oneDNN convolutions with ReLU and packed weights,
// channels-last, several slices at once (native.md). Runs on the calling thread and libtorch's threads under it.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/run.h"
#include "models/fused_conv.h"
#include "models/mdl_cnn/folded_weights.h"
#include "models/mdl_cnn/region_input.h"
#include "runtime/precision.h"

namespace hepatica {

// round(255 p) on the region's grid, order (z, y, x).
struct LesionMaps {
  std::vector<uint8_t> location;
  std::array<std::vector<uint8_t>, kLesionTypes> classes;
};

class MdlCnnInference {
 public:
  // Throws WRONG_MODEL as fold_mdl_weights does.
  MdlCnnInference(const MdlCnnConfig& config, const StateDict& state, Precision precision,
                  const std::string& file = {});

  struct Probabilities {
    at::Tensor location;  // (N, 1, H, W), float32: of a lesion
    at::Tensor classes;   // (N, 4, H, W), float32: adding up to 1
  };
  // region: as MdlCnn's forward() takes it.
  Probabilities forward(const at::Tensor& region) const;

  // All slices. Beside the region it holds five maps of one byte a pixel, and one batch. Polls the run's cancel flag
  // and reports progress after each batch.
  LesionMaps predict(const RegionInput& region, Run& run) const;

 private:
  struct Bottleneck {
    FusedConv narrow;
    FusedConv middle;
    FusedConv widen;
    std::optional<FusedConv> project;
  };

  at::ScalarType dtype() const { return precision_ == Precision::kBf16 ? at::kBFloat16 : at::kFloat; }
  FusedConv pack(const FoldedConv& conv, bool relu, int64_t stride = 1) const;
  at::Tensor merged_base(const at::Tensor& region, int64_t rows, int64_t columns) const;

  MdlCnnConfig config_;
  Precision precision_;
  std::vector<FusedConv> stem_;
  std::vector<std::vector<Bottleneck>> stages_;
  std::vector<FusedConv> merge_;
  std::vector<FusedConv> location_;
  std::vector<FusedConv> classes_;
  std::vector<FusedConv> heads_;  // location, class
};

}  // namespace hepatica
