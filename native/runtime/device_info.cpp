#include "runtime/device_info.h"

#include <ATen/Context.h>
#include <torch/headeronly/version.h>

#include "cuda/loader.h"
#include "runtime/cpu_features.h"

namespace hepatica {

DeviceInfo device_info(const Run& run) {
  const CudaLibrary& cuda = CudaLibrary::instance();
  DeviceInfo info;
  info.libtorch_version = TORCH_VERSION;
  for (const CudaDevice& device : cuda.devices()) info.cuda_devices.push_back(device.label());
  info.cuda_reason = cuda.reason();
  info.cuda_networks = cuda.available() && at::hasCUDA();
  info.cpu_features = cpu_features();
  info.cpu_bf16 = cpu_has_bf16();
  info.threads = run.thread_count();
  return info;
}

}  // namespace hepatica
