// The network's input channels on the CPU, put together batch by batch in the order that the module's forward() has:
// unshuffled pictures, coordinates.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "models/liver_cnn/network_input.h"

namespace hepatica {

class ChannelAssembler {
 public:
  // Keeps references; `dtype` is float or bfloat16.
  ChannelAssembler(const NetworkInput& input, const LiverCnnConfig& config, const Canvas& canvas, at::ScalarType dtype);

  // (slices, input channels, canvas height / s, canvas width / s), channels-last.
  at::Tensor assemble(std::span<const int64_t> slices) const;

 private:
  template <class Value>
  void fill(std::span<const int64_t> slices, Value* channels) const;
  // From the canvas' corner on: the pictures of the slices that are seen at once around slice z.
  std::vector<const uint8_t*> pictures_around(int64_t z) const;

  const NetworkInput& input_;
  const LiverCnnConfig& config_;
  Canvas canvas_;
  at::ScalarType dtype_;
  std::array<float, 256> values_;  // of a picture's bytes
};

}  // namespace hepatica
