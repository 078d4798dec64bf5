// The streams and buffers of one device, and the loop that sends the tiles of a volume through them.
#pragma once

#include <array>
#include <cstdint>

#include "cuda/library/lane.h"

namespace hepatica::cuda {

// Voxels of a tile: enough to keep the bus busy, little enough that three lanes overlap from the start (8 slices of
// 512 x 512).
inline constexpr int64_t kTileVoxels = int64_t{1} << 21;

// The device must be the calling thread's current one while a context is made, used and destroyed: see UseDevice.
class Context {
 public:
  explicit Context(int device, int64_t tile_voxels = kTileVoxels) : device_(device), tile_voxels_(tile_voxels) {}

  int device() const { return device_; }

  // False where job.keep_going said stop: the destination is then incomplete.
  bool preprocess(const Job& job, const Destination& destination);

 private:
  // Upload, kernels, download: three things at once.
  static constexpr int64_t kLanes = 3;

  int64_t slices_per_tile(const Job& job) const;

  int device_;
  int64_t tile_voxels_;
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
