#include "runtime/on_device.h"

#include <string>

namespace hepatica {

void give_way_to_cpu(const ComputeDevice& device, const std::exception_ptr& failure, const DeviceChoice& choice,
                     Run& run) {
  const Error error = device_failure(device, failure);
  release_device_memory(device);
  if (choice.kind == DeviceChoice::Kind::kCuda) throw error;
  run.warn("GPU_NOT_USED", std::string(error.what()) + "; the CPU computed instead");
}

}  // namespace hepatica
