// The CUDA runtime's functions that the project calls, in front of the interpreter: linked instead of libcudart with
// the objects that nvcc made. A violation ends the process with exit code 70 and says what happened where.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "device.h"
#include "violation.h"

using ptxsim::Device;
using ptxsim::Stream;
using ptxsim::Violation;

namespace {

constexpr int kViolationExitCode = 70;
constexpr size_t kPinnedAlignment = 4096;

cudaError_t remember(cudaError_t status) {
  if (status != cudaSuccess) Device::instance().last_error = status;
  return status;
}

template <class Body>
cudaError_t guarded(const Body& body) {
  const std::lock_guard lock(Device::instance().mutex);
  try {
    return remember(body(Device::instance()));
  } catch (const Violation& violation) {
    std::fprintf(stderr, "PTXSIM VIOLATION: %s\n", violation.what());
    _exit(kViolationExitCode);
  }
}

Stream* stream_of(cudaStream_t stream) { return reinterpret_cast<Stream*>(stream); }

ptxsim::Dimensions dimensions_of(dim3 dimensions) { return {dimensions.x, dimensions.y, dimensions.z}; }

// PTXSIM_DEVICES=0 stands for a driver without a GPU, PTXSIM_COMPUTE=6.1 for an old one.
int device_count() {
  const char* const devices = std::getenv("PTXSIM_DEVICES");
  return devices ? std::atoi(devices) : 1;
}

// The range is checked when the copy is queued, initialization when it runs.
cudaError_t queue_copy(Device& device, void* target, const void* source, size_t bytes, cudaMemcpyKind kind,
                       Stream* stream) {
  if (kind != cudaMemcpyHostToDevice && kind != cudaMemcpyDeviceToHost) return cudaErrorInvalidMemcpyDirection;
  device.enqueue(stream, [&device, target, source, bytes, kind] {
    const bool is_known = kind == cudaMemcpyHostToDevice ? device.memory.host_write(target, bytes)
                                                         : device.memory.host_read(source, bytes);
    if (!is_known) throw Violation(ptxsim::Fault::kOutOfBounds, "a copy names memory that is not the device's");
    std::memcpy(target, source, bytes);
  });
  return cudaSuccess;
}

}  // namespace

// What nvcc's host code calls to register its kernels and to launch them.
extern "C" {

struct FatBinaryWrapper {
  int magic;
  int version;
  const unsigned char* data;
  void* reserved;
};

void** __cudaRegisterFatBinary(FatBinaryWrapper* wrapper) {
  return reinterpret_cast<void**>(new ptxsim::RegisteredModule{wrapper->data, nullptr});
}

void __cudaRegisterFatBinaryEnd(void**) {}

void __cudaUnregisterFatBinary(void**) {}

void __cudaRegisterFunction(void** module, const char* stub, char*, const char* name, int, void*, void*, void*, void*,
                            int*) {
  Device::instance().kernels[stub] = {reinterpret_cast<ptxsim::RegisteredModule*>(module), name};
}

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t stream) {
  const std::lock_guard lock(Device::instance().mutex);
  Device::instance().configurations.push_back(
      {dimensions_of(grid), dimensions_of(block), shared_bytes, stream_of(stream)});
  return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared_bytes, void* stream) {
  const std::lock_guard lock(Device::instance().mutex);
  const ptxsim::LaunchConfiguration configuration = Device::instance().configurations.back();
  Device::instance().configurations.pop_back();
  *grid = dim3(configuration.grid.x, configuration.grid.y, configuration.grid.z);
  *block = dim3(configuration.block.x, configuration.block.y, configuration.block.z);
  *shared_bytes = configuration.shared_bytes;
  *static_cast<Stream**>(stream) = configuration.stream;
  return cudaSuccess;
}

cudaError_t __cudaGetKernel(const void** kernel, const void* stub) {
  *kernel = stub;
  return cudaSuccess;
}

cudaError_t __cudaLaunchKernel(const void* kernel, dim3 grid, dim3 block, void** arguments, size_t shared_bytes,
                               cudaStream_t stream) {
  return guarded([&](Device& device) {
    return device.launch(kernel, {dimensions_of(grid), dimensions_of(block), shared_bytes, stream_of(stream)},
                         arguments);
  });
}

// The public runtime.

cudaError_t cudaGetDeviceCount(int* count) {
  if (device_count() == 0) return cudaErrorNoDevice;
  *count = device_count();
  return cudaSuccess;
}

cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) { return device < device_count() ? cudaSuccess : cudaErrorInvalidDevice; }

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {};
  std::snprintf(properties->name, sizeof(properties->name), "ptxsim (PTX interpreted on the CPU)");
  const char* const compute = std::getenv("PTXSIM_COMPUTE");
  if (std::sscanf(compute ? compute : "8.0", "%d.%d", &properties->major, &properties->minor) != 2) {
    return cudaErrorInvalidValue;
  }
  properties->totalGlobalMem = size_t{1} << 30;
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetLastError() {
  const std::lock_guard lock(Device::instance().mutex);
  return std::exchange(Device::instance().last_error, cudaSuccess);
}

const char* cudaGetErrorName(cudaError_t error) { return error == cudaSuccess ? "cudaSuccess" : "cudaError"; }

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidValue:
      return "invalid argument";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInvalidConfiguration:
      return "invalid configuration argument";
    case cudaErrorInvalidMemcpyDirection:
      return "invalid copy direction for memcpy";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    default:
      return "another error";
  }
}

cudaError_t cudaMalloc(void** address, size_t bytes) {
  return guarded([&](Device& device) {
    *address = device.memory.allocate(bytes);
    return *address ? cudaSuccess : cudaErrorMemoryAllocation;
  });
}

cudaError_t cudaFree(void* address) {
  return guarded([&](Device& device) {
    device.synchronize(nullptr);
    return device.memory.release(address) ? cudaSuccess : cudaErrorInvalidValue;
  });
}

cudaError_t cudaMallocHost(void** address, size_t bytes) {
  *address = std::aligned_alloc(kPinnedAlignment, (bytes / kPinnedAlignment + 1) * kPinnedAlignment);
  return *address ? cudaSuccess : remember(cudaErrorMemoryAllocation);
}

cudaError_t cudaFreeHost(void* address) {
  return guarded([&](Device& device) {
    device.synchronize(nullptr);
    std::free(address);
    return cudaSuccess;
  });
}

cudaError_t cudaMemcpyAsync(void* target, const void* source, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  return guarded([&](Device& device) { return queue_copy(device, target, source, bytes, kind, stream_of(stream)); });
}

cudaError_t cudaMemcpy(void* target, const void* source, size_t bytes, cudaMemcpyKind kind) {
  return guarded([&](Device& device) {
    const cudaError_t status = queue_copy(device, target, source, bytes, kind, nullptr);
    device.synchronize(nullptr);
    return status;
  });
}

cudaError_t cudaMemsetAsync(void* target, int value, size_t bytes, cudaStream_t stream) {
  return guarded([&](Device& device) {
    device.enqueue(stream_of(stream), [&device, target, value, bytes] {
      if (!device.memory.host_write(target, bytes)) {
        throw Violation(ptxsim::Fault::kOutOfBounds, "a memset names memory that is not the device's");
      }
      std::memset(target, value, bytes);
    });
    return cudaSuccess;
  });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  return guarded([&](Device& device) {
    *stream = reinterpret_cast<cudaStream_t>(device.create_stream());
    return cudaSuccess;
  });
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return guarded([&](Device& device) {
    device.synchronize(stream_of(stream));
    return cudaSuccess;
  });
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return guarded([&](Device& device) {
    device.destroy_stream(stream_of(stream));
    return cudaSuccess;
  });
}

}  // extern "C"
