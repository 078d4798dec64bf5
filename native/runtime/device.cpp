#include "runtime/device.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>

#include <algorithm>
#include <array>

#include "platform/cpu_features.h"

namespace hepatica {
namespace {

constexpr int kAmpere = 8;  // the first compute capability with bf16 and tf32

ComputeDevice gpu_of(const CudaDevice& device) {
  const bool ampere = device.compute_major >= kAmpere;
  return {.index = device.index,
          .label = device.label(),
          .tensors = c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(device.index)),
          .kernels = &device,
          .bf16 = ampere,
          .tf32 = ampere};
}

Devices find_devices(const CudaLibrary& library) {
  Devices found;
  for (const CudaDevice& device : library.devices()) found.gpus.push_back(gpu_of(device));
  found.reason = library.reason();
  if (!at::Context::hasCUDART()) {
    found.network_reason = "this libtorch was built without CUDA";
  } else if (!at::hasCUDA()) {
    found.network_reason = "this libtorch's CUDA finds no GPU: the NVIDIA driver may be too old for it";
  }
  found.gpu_expected = library.looked_for() || at::Context::hasCUDART();
  return found;
}

const Devices*& stand_in() {
  static const Devices* devices = nullptr;
  return devices;
}

// Why the choice cannot be had, as a clause; empty where it can.
std::string hindrance(const DeviceChoice& choice, DeviceUse use, const Devices& devices) {
  if (devices.gpus.empty()) return devices.reason;
  if (use == DeviceUse::kNetworks && !devices.network_reason.empty()) return devices.network_reason;
  const auto is_meant = [&](const ComputeDevice& gpu) { return !choice.index || gpu.index == *choice.index; };
  if (std::any_of(devices.gpus.begin(), devices.gpus.end(), is_meant)) return {};
  std::string known;
  for (const ComputeDevice& gpu : devices.gpus) known += (known.empty() ? "" : ", ") + gpu.label;
  return "there is no such GPU among those that can be used (" + known + ")";
}

[[noreturn]] void refuse(const DeviceChoice& choice, const Devices& devices, const std::string& reason) {
  const bool without_cuda = !devices.gpus.empty() && reason == devices.network_reason;
  throw Error("NO_CUDA_DEVICE", "The device '" + choice.text() + "' was asked for, but " + reason, {}, "device",
              without_cuda ? "Use device 'auto' or 'cpu', or choose a libtorch for CUDA with `hepatica doctor --gpu`"
                           : "Use device 'auto' or 'cpu', or install the NVIDIA driver and a GPU of compute "
                             "capability 7.5 or later");
}

// Of libraries that name what failed in their messages alone.
bool names_cuda(const std::string& message) {
  const std::array<const char*, 4> names = {"CUDA", "cuDNN", "CUDNN", "CUBLAS"};
  return std::any_of(names.begin(), names.end(),
                     [&](const char* name) { return message.find(name) != std::string::npos; });
}

}  // namespace

ComputeDevice ComputeDevice::cpu() {
  ComputeDevice device;
  device.bf16 = cpu_has_bf16();
  return device;
}

const Devices& Devices::of_process() {
  if (stand_in()) return *stand_in();
  static const Devices found = find_devices(CudaLibrary::instance());
  return found;
}

Devices::StandIn::StandIn(const Devices& devices) { stand_in() = &devices; }

Devices::StandIn::~StandIn() { stand_in() = nullptr; }

ComputeDevice choose_device(const DeviceChoice& choice, DeviceUse use, const Devices& devices, Run& run) {
  if (choice.kind == DeviceChoice::Kind::kCpu) return ComputeDevice::cpu();
  const std::string reason = hindrance(choice, use, devices);
  if (reason.empty()) {
    return *std::find_if(devices.gpus.begin(), devices.gpus.end(),
                         [&](const ComputeDevice& gpu) { return !choice.index || gpu.index == *choice.index; });
  }
  if (choice.kind == DeviceChoice::Kind::kCuda) refuse(choice, devices, reason);
  if (devices.gpu_expected) run.warn("GPU_NOT_USED", "The CPU computes: " + reason);
  return ComputeDevice::cpu();
}

Error device_failure(const ComputeDevice& device, const std::exception_ptr& failure) {
  const auto error = [&](const char* code, const std::string& message) {
    return Error(code, device.label + ": " + message, {}, "device", "Use device 'cpu', or free memory on the GPU");
  };
  try {
    std::rethrow_exception(failure);
  } catch (const Error& known) {
    if (known.code == "CUDA_OUT_OF_MEMORY" || known.code == "CUDA_FAILED") return known;
    throw;
  } catch (const c10::OutOfMemoryError& no_memory) {
    return error("CUDA_OUT_OF_MEMORY", no_memory.what_without_backtrace());
  } catch (const c10::Error& library) {
    const std::string message = library.what_without_backtrace();
    if (!dynamic_cast<const c10::AcceleratorError*>(&library) && !names_cuda(message)) throw;
    return error("CUDA_FAILED", message);
  }
}

void release_device_memory(const ComputeDevice& device) noexcept {
  if (!device.tensors.is_cuda()) return;
  try {
    c10::getDeviceAllocator(c10::kCUDA)->emptyCache();
  } catch (const std::exception&) {
    // What failed was the device, and that is told already.
  }
}

}  // namespace hepatica
