// The lesion network over a whole liver, on the CPU or on another device; several slices at once (native.md). On the
// CPU it runs on the calling thread and libtorch's threads under it.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/run.h"
#include "models/layers/layers.h"
#include "models/mdl_cnn/device_region.h"
#include "models/mdl_cnn/region_input.h"
#include "models/state_dict.h"
#include "runtime/precision.h"

namespace hepatica {

// round(255 p) on the region's grid, order (z, y, x). The classes are 0 in slices whose classes were not wanted.
struct LesionMaps {
  std::vector<uint8_t> location;
  std::array<std::vector<uint8_t>, kLesionTypes> classes;
};

// Told the location in slices of the region from slice `first` on, bytes of LesionMaps: those of them, counted from 0,
// whose classes are wanted. The class channel is the larger one, and most slices have no lesion.
using WantedClasses = std::function<std::vector<int64_t>(int64_t first, std::span<const uint8_t> location)>;

class MdlCnnInference {
 public:
  // Throws WRONG_MODEL as check_weights does.
  MdlCnnInference(const MdlCnnConfig& config, const StateDict& state, const at::Device& device, Precision precision,
                  const std::string& file = {});
  // On layers of any kind, those of mdl_cnn_layers(config).
  MdlCnnInference(const MdlCnnConfig& config, std::unique_ptr<Layers> layers, const at::Device& device);

  struct Probabilities {
    at::Tensor location;  // (N, 1, H, W), float32: of a lesion
    at::Tensor classes;   // (N, 4, H, W), float32: adding up to 1
  };
  // region: as forward_mdl_cnn takes it, anywhere; what comes back lies on the device.
  Probabilities forward(const at::Tensor& region) const;

  // All slices. Beside the region it holds five maps of one byte a pixel, and one batch. Polls the run's cancel flag
  // and reports progress after each batch.
  LesionMaps predict(const RegionInput& region, const WantedClasses& wanted, Run& run) const;
  // Of a region in the device's memory: what comes to the host are the maps.
  LesionMaps predict(const DeviceRegion& region, const WantedClasses& wanted, Run& run) const;

 private:
  using Batch = std::function<at::Tensor(std::span<const int64_t> slices)>;
  LesionMaps predict(const RegionInput& frame, const Batch& batch, const WantedClasses& wanted, Run& run) const;
  // Of the slices of a batch whose first is slice `first` of the region.
  void predict_batch(const at::Tensor& region, int64_t first, const WantedClasses& wanted, LesionMaps& maps) const;

  MdlCnnConfig config_;
  at::Device device_;
  std::unique_ptr<Layers> layers_;
};

}  // namespace hepatica
