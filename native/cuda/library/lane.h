// One of the lanes on which tiles of slices pass over the GPU: while one uploads, another computes, a third downloads.
#pragma once

#include <cstdint>

#include "cuda/api.h"
#include "cuda/library/buffers.h"

namespace hepatica::cuda {

using Job = HepaticaCudaPreprocess;

struct Tile {
  int64_t first_slice = 0;
  int64_t slices = 0;
};

// Where the bytes go: the caller's host memory, or a picture in device memory.
struct Destination {
  uint8_t* host_picture = nullptr;
  uint8_t* host_clipped = nullptr;
  uint8_t* device_picture = nullptr;
};

class Lane {
 public:
  // Buffers for tiles of up to `slices` slices; the lane must be idle.
  void reserve(const Job& job, const Destination& destination, int64_t slices);

  // Stages the tile in pinned memory and queues upload, kernels and download; returns at once.
  void start(const Job& job, const Destination& destination, const Tile& tile);

  // Waits for the tile that was started and hands its bytes to the caller; the number of slices that it held.
  int64_t finish(const Job& job, const Destination& destination);

  // Waits for whatever is queued and forgets it: after a failure or a cancel.
  void abandon() noexcept;

 private:
  Tile pending_;
  PinnedBuffer staged_hu_;
  PinnedBuffer staged_picture_;
  PinnedBuffer staged_clipped_;
  DeviceBuffer hu_;
  DeviceBuffer picture_;
  DeviceBuffer histograms_;
  DeviceBuffer tables_;
  // Last, so that it is destroyed first: destroying a buffer waits for the device.
  Stream stream_;
};

}  // namespace hepatica::cuda
