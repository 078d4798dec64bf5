// The locator and the fine network with the weights of one file, on the CPU (oneDNN's packed layers) or on a device.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/run.h"
#include "models/encoder3d/config.h"
#include "models/layers/layers.h"
#include "models/layers/recorded_layers.h"
#include "models/state_dict.h"

namespace hepatica {

// Both networks' layers, for check_weights and for layers of any kind.
RecordedLayers encoder3d_layers(const Encoder3dConfig& config);

// Not for two threads at once.
class Encoder3dInference {
 public:
  Encoder3dInference(const Encoder3dConfig& config, std::unique_ptr<Layers> layers)
      : config_(config), layers_(std::move(layers)) {}

  // The structure's probability in each cell of the locator's grid. `channels`: (3, z, y, x) of `cells` (x, y, z), in
  // multiples of 8.
  std::vector<float> locate(const std::vector<float>& channels, const Size3& cells) const;

  // The probability of each of `classes`, one after the other, in each of `cells` (x, y, z), in multiples of 8.
  // `values` in order (z, y, x), `coordinates` of the cells of Encoder3dConfig::kContextCells. Polls the run's cancel
  // flag.
  std::vector<float> outline(const std::vector<float>& values, const std::vector<float>& coordinates,
                             const Size3& cells, const std::vector<int64_t>& classes, Run& run) const;

 private:
  Encoder3dConfig config_;
  std::unique_ptr<Layers> layers_;
};

}  // namespace hepatica
