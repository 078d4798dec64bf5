// The streams and buffers of one device, and the loop that sends the tiles of a volume through them.
#pragma once

#include <array>
#include <cstdint>

#include "cuda/library/lane.h"

namespace hepatica::cuda {

// The device must be the calling thread's current one while a context is made, used and destroyed: see UseDevice.
class Context {
 public:
  explicit Context(int device) : device_(device) {}

  int device() const { return device_; }

  // False where job.keep_going said stop: the destination is then incomplete.
  bool preprocess(const Job& job, const Destination& destination);

 private:
  // Upload, kernels, download: three things at once.
  static constexpr int64_t kLanes = 3;

  int device_;
  std::array<Lane, kLanes> lanes_;
};

// Makes a device current for the calling thread, and the former one again at the end: libtorch keeps one, too.
class UseDevice {
 public:
  explicit UseDevice(int device) {
    check(cudaGetDevice(&former_), "Asking for the current GPU");
    check(cudaSetDevice(device), "Choosing the GPU");
  }
  ~UseDevice() { cudaSetDevice(former_); }
  UseDevice(const UseDevice&) = delete;
  UseDevice& operator=(const UseDevice&) = delete;

 private:
  int former_ = 0;
};

}  // namespace hepatica::cuda
