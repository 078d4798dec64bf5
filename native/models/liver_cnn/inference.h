// The liver network on the CPU, fast: batch norm folded, oneDNN convolutions with ReLU and packed weights,
// channels-last, several slices at once (native.md). Runs on the calling thread and libtorch's threads under it.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "models/fused_conv.h"
#include "models/liver_cnn/folded_weights.h"
#include "models/liver_cnn/probability_map.h"
#include "runtime/precision.h"

namespace hepatica {

class LiverCnnInference {
 public:
  // Throws WRONG_MODEL as fold_weights does.
  LiverCnnInference(const LiverCnnConfig& config, const StateDict& state, Precision precision,
                    const std::string& file = {});

  const LiverCnnConfig& config() const { return config_; }
  Precision precision() const { return precision_; }
  at::ScalarType dtype() const { return precision_ == Precision::kBf16 ? at::kBFloat16 : at::kFloat; }

  // channels: (N, input channels, h, w), channels-last, of dtype(). Returns the structure's probability, float32,
  // (N, 1, h s, w s).
  at::Tensor forward(const at::Tensor& channels) const;

  // A whole scan. Beside the input it holds a map of one byte a canvas pixel, and one batch. Polls the run's cancel
  // flag and reports progress after each batch.
  ProbabilityMap predict(const NetworkInput& input, Run& run) const;

 private:
  LiverCnnConfig config_;
  Precision precision_;
  std::vector<FusedConv> layers_;
  std::vector<FusedConv> head_;
};

}  // namespace hepatica
