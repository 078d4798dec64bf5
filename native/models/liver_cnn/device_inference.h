// The liver network through ATen's own operators, on any device that libtorch has: the GPU's road, where the pictures
// stay in device memory from the kernels to the probabilities; on the CPU the plain reference of LiverCnnInference.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "models/liver_cnn/folded_weights.h"
#include "models/liver_cnn/probability_map.h"

namespace hepatica {

class LiverCnnDeviceInference {
 public:
  // `dtype` is that of the convolutions: float, half or bfloat16. Throws WRONG_MODEL as fold_weights does.
  LiverCnnDeviceInference(const LiverCnnConfig& config, const StateDict& state, at::Device device, at::ScalarType dtype,
                          const std::string& file = {});

  // channels: (N, input channels, h, w) on the device. Returns the structure's probability, float32, (N, 1, h s, w s).
  at::Tensor forward(const at::Tensor& channels) const;

  // `equalized`: (slices, rows, columns) bytes on the device, canonical orientation; `frame`: grid and body boxes of
  // the same scan (make_network_frame). What comes back to the host are the probabilities.
  ProbabilityMap predict(const at::Tensor& equalized, const Geometry& source, const NetworkInput& frame,
                         Run& run) const;

 private:
  at::Tensor canvas_pictures(const at::Tensor& equalized, const Geometry& source, const NetworkInput& frame,
                             const Canvas& canvas) const;
  at::Tensor channels_of(const at::Tensor& pictures, const NetworkInput& frame, const ProbabilityMap& map,
                         int64_t begin, int64_t size) const;

  LiverCnnConfig config_;
  at::Device device_;
  at::ScalarType dtype_;
  FoldedWeights weights_;
};

}  // namespace hepatica
