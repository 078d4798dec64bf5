// The locator and the fine network with the weights of one file, on the CPU (oneDNN's packed layers) or on a device.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/run.h"
#include "models/encoder3d/config.h"
#include "models/encoder3d/features.h"
#include "models/layers/layers.h"
#include "models/layers/recorded_layers.h"
#include "models/state_dict.h"

namespace hepatica {

// Both networks' layers, for check_weights and for layers of any kind.
RecordedLayers encoder3d_layers(const Encoder3dConfig& config);

// Not for two threads at once.
class Encoder3dInference {
 public:
  Encoder3dInference(const Encoder3dConfig& config, std::unique_ptr<Layers> layers, std::string encoder_id = {})
      : config_(config), layers_(std::move(layers)), encoder_id_(std::move(encoder_id)) {}

  // The structure's probability in each cell of the locator's grid. `channels`: (3, z, y, x) of `cells` (x, y, z), in
  // multiples of 8.
  std::vector<float> locate(const std::vector<float>& channels, const Size3& cells) const;

  // What it makes of a box.
  struct Outline {
    // Of each class, one after the other, in each cell.
    std::vector<float> probability;
    EncoderFeatures features;
  };
  // The probability of each of `classes` in each of `cells` (x, y, z), in multiples of 8. `values` in order (z, y, x),
  // `coordinates` of the cells of Encoder3dConfig::kContextCells. Polls the run's cancel flag.
  Outline outline(const std::vector<float>& values, const std::vector<float>& coordinates, const Size3& cells,
                  const std::vector<int64_t>& classes, Run& run) const;

  // See encoder_id.
  const std::string& encoder_id() const { return encoder_id_; }

  const Vec3& cell_mm() const { return config_.cell_mm; }

 private:
  Encoder3dConfig config_;
  std::unique_ptr<Layers> layers_;
  std::string encoder_id_;
};

}  // namespace hepatica
