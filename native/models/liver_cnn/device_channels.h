// The network's input channels on a device, put together there batch by batch from pictures in its memory;
// ChannelAssembler's twin.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "models/liver_cnn/network_input.h"

namespace hepatica {

class DeviceChannels {
 public:
  // `equalized`: (slices, rows, columns) bytes on the device, canonical orientation. Keeps references to the others.
  DeviceChannels(const at::Tensor& equalized, const Geometry& source, const NetworkInput& frame,
                 const LiverCnnConfig& config, const Canvas& canvas);

  // (slices, input channels, canvas height / s, canvas width / s), float32.
  at::Tensor assemble(std::span<const int64_t> slices) const;

 private:
  const NetworkInput& frame_;
  const LiverCnnConfig& config_;
  Canvas canvas_;
  at::Tensor pictures_;  // (slices, canvas height, canvas width), bytes
};

}  // namespace hepatica
