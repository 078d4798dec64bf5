// Hounsfield units to 8 bits on the GPU; the CPU twin and its definition are in ops/hu_window.h.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace hepatica::cuda {

// Queues the work on `stream` and returns what the launch returned; never synchronizes. `hu` and `quantized` are
// device memory of slices * pixels elements, contiguous and not overlapping; pixels <= 2^30, slices <= 65535,
// -32768 <= hu_min < hu_max <= 32767. Fastest where both start at the same element of a 16-byte boundary.
[[nodiscard]] cudaError_t launch_hu_window(cudaStream_t stream, const int16_t* hu, int64_t pixels, int64_t slices,
                                           int hu_min, int hu_max, uint8_t* quantized);
[[nodiscard]] cudaError_t launch_hu_window(cudaStream_t stream, const float* hu, int64_t pixels, int64_t slices,
                                           int hu_min, int hu_max, uint8_t* quantized);

}  // namespace hepatica::cuda
