// Histogram equalization of 8-bit slices on the GPU; the CPU twin and its definition are in ops/equalize.h.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace hepatica::cuda {

inline constexpr int64_t kBins = 256;

// Device memory that launch_equalize works in; its contents need not be set before.
struct EqualizeWorkspace {
  uint32_t* histograms;  // slices * kBins
  uint8_t* tables;       // slices * kBins
};

// Queues the work on `stream` and returns what the launches returned; never synchronizes. `source` and `target` are
// device memory of slices * pixels bytes, contiguous, each slice equalized on its own; in place where they are the
// same; pixels <= 2^30, slices <= 65535. Fastest where both start at the same byte of a 16-byte boundary.
[[nodiscard]] cudaError_t launch_equalize(cudaStream_t stream, const uint8_t* source, int64_t pixels, int64_t slices,
                                          const EqualizeWorkspace& workspace, uint8_t* target);

}  // namespace hepatica::cuda
