// What the machine offers to compute with.
#pragma once

#include <string>
#include <vector>

#include "core/run.h"

namespace hepatica {

struct DeviceInfo {
  std::string libtorch_version;
  // Labels as in results ("cuda:0 NAME"); empty where none can be used, for `cuda_reason`.
  std::vector<std::string> cuda_devices;
  std::string cuda_reason;
  // True where this libtorch runs networks on those devices too, not only hepatica's kernels.
  bool cuda_networks = false;
  std::vector<std::string> cpu_features;
  bool cpu_bf16 = false;
  int threads = 1;
};

DeviceInfo device_info(const Run& run);

}  // namespace hepatica
