// Where one call computes: the CPU or one GPU, chosen once; and what there is to choose from.
#pragma once

#include <c10/core/Device.h>

#include <exception>
#include <string>
#include <vector>

#include "core/device_choice.h"
#include "core/error.h"
#include "core/run.h"
#include "cuda/loader.h"

namespace hepatica {

struct ComputeDevice {
  // As CUDA counts GPUs; below 0 the CPU.
  int index = -1;
  // In results: "cpu", or "cuda:0 NAME".
  std::string label = "cpu";
  // Where a network's tensors lie.
  c10::Device tensors = c10::Device(c10::kCPU);
  // Whose kernels make the pictures; null: the CPU makes them.
  const CudaDevice* kernels = nullptr;
  bool bf16 = false;
  bool tf32 = false;

  static ComputeDevice cpu();
  bool is_cpu() const { return index < 0; }
};

// What a call needs of a GPU: the kernels alone (preprocessing), or libtorch on it as well.
enum class DeviceUse { kKernels, kNetworks };

struct Devices {
  std::vector<ComputeDevice> gpus;
  // Why there is none, as a clause ("no NVIDIA driver answers"); empty where there is one.
  std::string reason;
  // Why this libtorch computes on none of them; empty where it does.
  std::string network_reason;
  // A driver or a libtorch for CUDA is installed, so whoever leaves the choice to hepatica is told why it takes the
  // CPU.
  bool gpu_expected = false;

  // The process's, looked for once.
  static const Devices& of_process();

  // Puts others in the process's place while it lives: the seam of the tests, which is how a GPU's road is gone without
  // a GPU. Not while calls are in flight.
  class StandIn {
   public:
    explicit StandIn(const Devices& devices);
    ~StandIn();
    StandIn(const StandIn&) = delete;
    StandIn& operator=(const StandIn&) = delete;
  };
};

// kAuto without a usable GPU is the CPU, and the run is warned of the cause (GPU_NOT_USED) where one is expected; kCuda
// throws NO_CUDA_DEVICE then, with the cause and a remedy.
ComputeDevice choose_device(const DeviceChoice& choice, DeviceUse use, const Devices& devices, Run& run);

// The failure as an Error, where it is the device's (CUDA_OUT_OF_MEMORY, CUDA_FAILED) and not the caller's or a fault
// of hepatica; throws it again as it is, where it is not.
Error device_failure(const ComputeDevice& device, const std::exception_ptr& failure);

// Memory that libtorch keeps on the device goes back to the driver.
void release_device_memory(const ComputeDevice& device) noexcept;

}  // namespace hepatica
