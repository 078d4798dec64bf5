// What the machine offers to compute with.
#pragma once

#include <string>
#include <vector>

#include "core/run.h"
#include "runtime/line.h"

namespace hepatica {

struct DeviceInfo {
  std::string libtorch_version;
  // Labels as in results ("cuda:0 NAME"); empty where none can be used, for `cuda_reason`.
  std::vector<std::string> cuda_devices;
  std::string cuda_reason;
  // True where this libtorch runs networks on those devices too, not only hepatica's kernels.
  bool cuda_networks = false;
  std::string cuda_networks_reason;  // why not; empty where it does
  std::vector<std::string> cpu_features;
  bool cpu_bf16 = false;
  int threads = 1;
  // The jobs on each device, the CPU first, and of those that read or write files.
  struct Queue {
    std::string device;
    Line::Counts jobs;
  };
  std::vector<Queue> queues;
  Line::Counts files{};
};

DeviceInfo device_info(const Run& run);

}  // namespace hepatica
