// The 3-D lesion network with the weights of one file, on the CPU (oneDNN's packed layers) or on a device.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <utility>
#include <vector>

#include "core/run.h"
#include "models/layers/layers.h"
#include "models/layers/recorded_layers.h"
#include "models/lesion3d/config.h"

namespace hepatica {

// For check_weights and for layers of any kind.
RecordedLayers lesion3d_layers(const Lesion3dConfig& config);

// Not for two threads at once.
class Lesion3dInference {
 public:
  Lesion3dInference(const Lesion3dConfig& config, std::unique_ptr<Layers> layers, at::Device device)
      : config_(config), layers_(std::move(layers)), device_(device) {}

  // The probability of lesion in each of `cells` (x, y, z), in multiples of 8. `values`, `relative` and `mask` (see
  // Lesion3dInput) in order (z, y, x). Polls the run's cancel flag.
  std::vector<float> locate(const std::vector<float>& values, const std::vector<float>& relative,
                            const std::vector<float>& mask, const Size3& cells, Run& run) const;

 private:
  Lesion3dConfig config_;
  std::unique_ptr<Layers> layers_;
  at::Device device_;
};

}  // namespace hepatica
