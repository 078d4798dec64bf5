// The 3-D lesion network with the weights of one file, on the CPU (oneDNN's packed layers) or on a device.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/run.h"
#include "models/encoder3d/features.h"
#include "models/layers/layers.h"
#include "models/layers/recorded_layers.h"
#include "models/lesion3d/config.h"

namespace hepatica {

// For check_weights and for layers of any kind.
RecordedLayers lesion3d_layers(const Lesion3dConfig& config);

// What the network is shown of a box of cells, order (z, y, x).
struct Lesion3dCells {
  // x, y, z, in multiples of 8.
  Size3 size;
  // See Lesion3dInput.
  std::vector<float> values;
  std::vector<float> relative;
  // How much of each cell is inside the liver's mask: its own where more than half is.
  std::vector<float> inside;
};

// Not for two threads at once.
class Lesion3dInference {
 public:
  Lesion3dInference(const Lesion3dConfig& config, std::unique_ptr<Layers> layers, at::Device device,
                    std::string encoder_id = {})
      : config_(config), layers_(std::move(layers)), device_(device), encoder_id_(std::move(encoder_id)) {}

  // The probability of lesion in each cell that is in the liver or touches one that is; 0 elsewhere. `features`: of the
  // cells, where they are known. Polls the run's cancel flag.
  std::vector<float> locate(const Lesion3dCells& cells, Run& run, const EncoderFeatures* features = nullptr) const;

  // What the encoder makes of `values`, order (z, y, x) of `size` cells.
  EncoderFeatures encode(const std::vector<float>& values, const Size3& size) const;

  // See models/encoder3d/encoder.h.
  const std::string& encoder_id() const { return encoder_id_; }

  const Vec3& cell_mm() const { return config_.cell_mm; }

 private:
  Lesion3dConfig config_;
  std::unique_ptr<Layers> layers_;
  at::Device device_;
  std::string encoder_id_;
};

}  // namespace hepatica
