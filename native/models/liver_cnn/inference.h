// The liver network over a whole scan, on the CPU or on a GPU, where the pictures stay in device memory from the
// kernels to the probabilities; several slices at once (native.md). On the CPU it runs on the calling thread and
// libtorch's threads under it.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "models/layers/layers.h"
#include "models/liver_cnn/probability_map.h"
#include "models/state_dict.h"
#include "runtime/precision.h"

namespace hepatica {

class LiverCnnInference {
 public:
  // Throws WRONG_MODEL as check_weights does.
  LiverCnnInference(const LiverCnnConfig& config, const StateDict& state, const at::Device& device, Precision precision,
                    const std::string& file = {});
  // On layers of any kind, those of liver_cnn_layers(config); `dtype` is theirs.
  LiverCnnInference(const LiverCnnConfig& config, std::unique_ptr<Layers> layers, const at::Device& device,
                    at::ScalarType dtype);

  // channels: (N, input channels, h, w). Returns the structure's probability, float32, (N, 1, h s, w s), on the device.
  at::Tensor forward(const at::Tensor& channels) const;

  // A whole scan. Beside the input it holds a map of one byte a canvas pixel, and one batch. Polls the run's cancel
  // flag and reports progress after each batch.
  ProbabilityMap predict(const NetworkInput& input, Run& run) const;

  // `equalized`: (slices, rows, columns) bytes on the device, canonical orientation; `frame`: grid and body boxes of
  // the same scan (make_network_frame). What comes back to the host are the probabilities.
  ProbabilityMap predict(const at::Tensor& equalized, const Geometry& source, const NetworkInput& frame,
                         Run& run) const;

 private:
  using Channels = std::function<at::Tensor(std::span<const int64_t> slices)>;
  ProbabilityMap empty_map(const NetworkInput& frame) const;
  void fill(ProbabilityMap& map, const Channels& channels, int64_t batch, Run& run) const;

  LiverCnnConfig config_;
  at::Device device_;
  at::ScalarType dtype_;
  std::unique_ptr<Layers> layers_;
};

}  // namespace hepatica
