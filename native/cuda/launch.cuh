// What the launchers share: block size, and how many blocks work on one slice.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>

namespace hepatica::cuda {

inline constexpr uint32_t kThreads = 256;

// Indices within a slice are 32-bit in the kernels; offsets of slices are 64-bit.
inline constexpr int64_t kMaxSlicePixels = int64_t{1} << 30;
// CUDA's limit for gridDim.y, which counts the slices of a launch.
inline constexpr int64_t kMaxLaunchSlices = 65535;

// Four vectors a thread, so that a block's set-up is paid off; at most 64 blocks a slice.
inline dim3 slice_grid(int64_t pixels, int64_t slices, int64_t vector_width) {
  const int64_t pixels_per_block = int64_t{kThreads} * vector_width * 4;
  const int64_t blocks = std::clamp<int64_t>((pixels + pixels_per_block - 1) / pixels_per_block, 1, 64);
  return dim3(static_cast<uint32_t>(blocks), static_cast<uint32_t>(slices));
}

inline bool is_launchable(int64_t pixels, int64_t slices) {
  return pixels > 0 && pixels <= kMaxSlicePixels && slices > 0 && slices <= kMaxLaunchSlices;
}

}  // namespace hepatica::cuda
