// Owners of the CUDA runtime's streams and memory, and the one place where its errors become exceptions.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace hepatica::cuda {

class CudaFailure : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void check(cudaError_t status, const char* action) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // else the next launch would report this failure once more
  throw CudaFailure(std::string(action) + ": " + cudaGetErrorString(status) + " (" + cudaGetErrorName(status) + ")");
}

class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&handle_, cudaStreamNonBlocking), "Creating a CUDA stream"); }
  ~Stream() { cudaStreamDestroy(handle_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  cudaStream_t get() const { return handle_; }
  void synchronize() const { check(cudaStreamSynchronize(handle_), "Waiting for the GPU"); }

 private:
  cudaStream_t handle_ = nullptr;
};

// Memory that grows and is otherwise kept; what it held is lost when it grows. Nothing may be in flight then.
template <cudaError_t (*Allocate)(void**, size_t), cudaError_t (*Free)(void*)>
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { Free(data_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void reserve(size_t bytes, const char* what) {
    if (bytes <= capacity_) return;
    check(Free(data_), what);
    data_ = nullptr;
    capacity_ = 0;
    check(Allocate(&data_, bytes), what);
    capacity_ = bytes;
  }
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_ = nullptr;
  size_t capacity_ = 0;
};

using DeviceBuffer = Buffer<cudaMalloc, cudaFree>;
// Page-locked host memory: copies from and to it run beside kernels.
using PinnedBuffer = Buffer<cudaMallocHost, cudaFreeHost>;

// Device memory that is given away when it is complete.
class DeviceMemory {
 public:
  explicit DeviceMemory(size_t bytes) { check(cudaMalloc(&data_, bytes), "Allocating device memory"); }
  ~DeviceMemory() { cudaFree(data_); }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  uint8_t* bytes() const { return static_cast<uint8_t*>(data_); }
  uint8_t* release() { return static_cast<uint8_t*>(std::exchange(data_, nullptr)); }

 private:
  void* data_ = nullptr;
};

}  // namespace hepatica::cuda
