// The one way from a call's choice of a device to its computation, and back to the CPU where a GPU fails.
#pragma once

#include <exception>

#include "runtime/device.h"
#include "runtime/executor.h"

namespace hepatica {

// Warns of a GPU's failure before the CPU tries: GPU_NOT_USED. Throws the failure where the CPU is no answer to it: it
// is none of the device's, or a GPU was asked for.
void give_way_to_cpu(const ComputeDevice& device, const std::exception_ptr& failure, const DeviceChoice& choice,
                     Run& run);

// body(device), the whole job, in the device's line; on the CPU from its beginning where the GPU fails halfway and the
// choice was hepatica's.
template <class Body>
auto on_device(const DeviceChoice& choice, DeviceUse use, Run& run, Body&& body) {
  const auto in_line = [&](const ComputeDevice& device) {
    const Line::Turn turn(Executor::of(device).jobs(), run);
    run.set_device_used(device.label);
    return body(device);
  };
  const ComputeDevice device = choose_device(choice, use, Devices::of_process(), run);
  if (!device.is_cpu()) {
    try {
      return in_line(device);
    } catch (...) {
      give_way_to_cpu(device, std::current_exception(), choice, run);
    }
  }
  return in_line(ComputeDevice::cpu());
}

}  // namespace hepatica
