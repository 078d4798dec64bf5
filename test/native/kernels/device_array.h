// An array in the interpreter's device memory, started at any element of a 16-byte boundary.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace hepatica::cuda {

template <class T>
class DeviceArray {
 public:
  // Exactly `size` elements after `shift` unused ones: an access past the end leaves the allocation.
  explicit DeviceArray(size_t size, size_t shift = 0) : size_(size), shift_(shift) {
    if (cudaMalloc(&memory_, (size + shift) * sizeof(T)) != cudaSuccess) std::abort();
  }
  DeviceArray(const std::vector<T>& host, size_t shift) : DeviceArray(host.size(), shift) {
    cudaMemcpy(data(), host.data(), size_ * sizeof(T), cudaMemcpyHostToDevice);
  }
  ~DeviceArray() { cudaFree(memory_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return static_cast<T*>(memory_) + shift_; }
  std::vector<T> to_host() const {
    std::vector<T> host(size_);
    cudaMemcpy(host.data(), data(), size_ * sizeof(T), cudaMemcpyDeviceToHost);
    return host;
  }

 private:
  void* memory_ = nullptr;
  size_t size_;
  size_t shift_;
};

// How the interpreter runs threads and blocks, for the lifetime of this object.
class Interleaving {
 public:
  Interleaving(const std::string& order, const std::string& preempt_permille) {
    setenv("PTXSIM_ORDER", order.c_str(), 1);
    setenv("PTXSIM_PREEMPT", preempt_permille.c_str(), 1);
  }
  ~Interleaving() {
    unsetenv("PTXSIM_ORDER");
    unsetenv("PTXSIM_PREEMPT");
  }
};

struct NamedInterleaving {
  const char* order;
  const char* preempt_permille;
};
inline constexpr NamedInterleaving kInterleavings[] = {{"fwd", "0"}, {"rev", "0"}, {"rand:2021", "100"}};

struct Shape {
  int64_t width;
  int64_t height;
  int64_t slices;

  int64_t pixels() const { return width * height; }
  size_t voxels() const { return static_cast<size_t>(pixels() * slices); }
};

// One pixel, less than a vector, odd sizes, no multiple of a vector's width, several blocks a slice.
inline constexpr Shape kShapes[] = {{1, 1, 1},   {1, 1, 3},   {5, 1, 2},    {33, 17, 1},
                                    {33, 17, 4}, {64, 48, 2}, {150, 131, 2}};

}  // namespace hepatica::cuda
