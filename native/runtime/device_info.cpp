#include "runtime/device_info.h"

#include <torch/headeronly/version.h>

#include "platform/cpu_features.h"
#include "runtime/device.h"
#include "runtime/executor.h"

namespace hepatica {
namespace {

DeviceInfo::Queue queue_of(const ComputeDevice& device) { return {device.label, Executor::of(device).jobs().counts()}; }

}  // namespace

DeviceInfo device_info(const Run& run) {
  const Devices& devices = Devices::of_process();
  DeviceInfo info;
  info.libtorch_version = TORCH_VERSION;
  for (const ComputeDevice& gpu : devices.gpus) info.cuda_devices.push_back(gpu.label);
  info.cuda_reason = devices.reason;
  info.cuda_networks_reason = devices.gpus.empty() ? devices.reason : devices.network_reason;
  info.cuda_networks = info.cuda_networks_reason.empty();
  info.cpu_features = cpu_features();
  info.cpu_bf16 = cpu_has_bf16();
  info.threads = run.thread_count();
  info.queues.push_back(queue_of(ComputeDevice::cpu()));
  for (const ComputeDevice& gpu : devices.gpus) info.queues.push_back(queue_of(gpu));
  info.files = Executor::files().counts();
  return info;
}

}  // namespace hepatica
