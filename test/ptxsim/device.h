// The one interpreted device of a process: memory, streams, the kernels that objects registered.
#pragma once

#include <cuda_runtime_api.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "launch.h"

namespace ptxsim {

// Work is queued and runs when the host waits for it, never earlier: a host that reads a result without waiting finds
// garbage, as it may on a GPU.
struct Stream {
  std::deque<std::function<void()>> work;
};

// What __cudaRegisterFatBinary was given; parsed at the first launch.
struct RegisteredModule {
  const unsigned char* fat_binary;
  std::unique_ptr<Module> kernels;
};

struct RegisteredKernel {
  RegisteredModule* module;
  std::string name;
};

struct LaunchConfiguration {
  Dimensions grid;
  Dimensions block;
  size_t shared_bytes;
  Stream* stream;
};

class Device {
 public:
  // Made at its first use, which is before the static objects of some files, and never destroyed.
  static Device& instance();

  std::recursive_mutex mutex;
  GlobalMemory memory;
  cudaError_t last_error = cudaSuccess;
  std::map<const void*, RegisteredKernel> kernels;  // by the address of the host's stub
  std::vector<LaunchConfiguration> configurations;  // pushed by <<<>>>, popped by the stub

  Stream* create_stream();
  void destroy_stream(Stream* stream);
  void enqueue(Stream* stream, std::function<void()> work);
  // Null: all streams.
  void synchronize(Stream* stream);

  cudaError_t launch(const void* stub, const LaunchConfiguration& configuration, void** arguments);

 private:
  const Kernel& find_kernel(const RegisteredKernel& kernel);

  std::vector<std::unique_ptr<Stream>> streams_;
  std::unique_ptr<Stream> default_stream_ = std::make_unique<Stream>();
  uint32_t launches_ = 0;
};

}  // namespace ptxsim
