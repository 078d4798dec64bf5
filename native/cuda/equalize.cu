#include "cuda/equalize.cuh"

#include "cuda/launch.cuh"
#include "cuda/vector_span.cuh"

namespace hepatica::cuda {
namespace {

constexpr uint32_t kWarpSize = 32;
constexpr uint32_t kWarps = kThreads / kWarpSize;
constexpr uint32_t kAllLanes = 0xffffffffu;
constexpr uint32_t kWidth = 16;

static_assert(kThreads == kBins, "equalization_table_kernel has a thread a bin");

struct alignas(16) Bytes16 {
  uint32_t words[4];
};

// Counts runs of equal values in registers: most of a CT slice is air, and 32 lanes adding to one bin would wait for
// each other.
struct RunCounter {
  uint32_t* histogram;  // this warp's, in shared memory
  uint32_t value = 0;
  uint32_t length = 0;

  __device__ void flush() {
    if (length > 0) atomicAdd(&histogram[value], length);
  }
  __device__ void add(uint32_t next) {
    if (next != value) {
      flush();
      value = next;
      length = 0;
    }
    ++length;
  }
  __device__ void add_word(uint32_t word) {
    if (word == value * 0x01010101u) {
      length += 4;
      return;
    }
#pragma unroll
    for (uint32_t shift = 0; shift < 32; shift += 8) add(word >> shift & 0xffu);
  }
};

// grid (blocks of a slice, slices); shared memory: one histogram a warp, so that warps never share a bin.
__global__ void __launch_bounds__(kThreads)
    count_values_kernel(const uint8_t* __restrict__ values, uint32_t pixels, uint32_t* __restrict__ histograms) {
  extern __shared__ uint32_t warp_histograms[];
  for (uint32_t i = threadIdx.x; i < kWarps * kBins; i += blockDim.x) warp_histograms[i] = 0;
  __syncthreads();

  const uint8_t* source = values + uint64_t{blockIdx.y} * pixels;
  const uint32_t thread = blockIdx.x * blockDim.x + threadIdx.x;
  const uint32_t stride = gridDim.x * blockDim.x;
  const uint32_t phase = vector_phase(source, kWidth);
  const VectorSpan span = split_span(phase, phase, pixels, kWidth);
  RunCounter counter{warp_histograms + threadIdx.x / kWarpSize * kBins};
  const Bytes16* vectors = reinterpret_cast<const Bytes16*>(source + span.head);
  for (uint32_t i = thread; i < span.vectors; i += stride) {
    const Bytes16 in = vectors[i];
#pragma unroll
    for (uint32_t k = 0; k < 4; ++k) counter.add_word(in.words[k]);
  }
  for (uint32_t i = thread; i < span.scalars; i += stride) counter.add(source[scalar_element(span, i, kWidth)]);
  counter.flush();
  __syncthreads();

  for (uint32_t bin = threadIdx.x; bin < kBins; bin += blockDim.x) {
    uint32_t sum = 0;
#pragma unroll
    for (uint32_t warp = 0; warp < kWarps; ++warp) sum += warp_histograms[warp * kBins + bin];
    if (sum > 0) atomicAdd(&histograms[uint64_t{blockIdx.y} * kBins + bin], sum);
  }
}

// Sum over this lane and those below it.
__device__ uint32_t warp_inclusive_sum(uint32_t value, uint32_t lane) {
#pragma unroll
  for (uint32_t distance = 1; distance < kWarpSize; distance *= 2) {
    const uint32_t below = __shfl_up_sync(kAllLanes, value, distance);
    if (lane >= distance) value += below;
  }
  return value;
}

// grid (slices), a thread a bin. OpenCV's equalizeHist: float32 scale, no fused multiply-add, halves to even.
__global__ void __launch_bounds__(kThreads)
    equalization_table_kernel(const uint32_t* __restrict__ histograms, uint32_t pixels, uint8_t* __restrict__ tables) {
  __shared__ uint32_t warp_sums[kWarps];
  __shared__ uint32_t warp_filled[kWarps];  // a bit a bin: is it non-empty?
  const uint32_t bin = threadIdx.x;
  const uint32_t lane = bin % kWarpSize;
  const uint32_t warp = bin / kWarpSize;
  const uint32_t* histogram = histograms + uint64_t{blockIdx.x} * kBins;
  const uint32_t count = histogram[bin];

  uint32_t cdf = warp_inclusive_sum(count, lane);
  const uint32_t filled = __ballot_sync(kAllLanes, count > 0);
  if (lane == kWarpSize - 1) {
    warp_sums[warp] = cdf;
    warp_filled[warp] = filled;
  }
  __syncthreads();

  uint32_t first = kBins;
#pragma unroll
  for (uint32_t w = 0; w < kWarps; ++w) {
    if (w < warp) cdf += warp_sums[w];
    const uint32_t bits = warp_filled[w];
    if (first == kBins && bits != 0) first = w * kWarpSize + __ffs(static_cast<int>(bits)) - 1;
  }
  const uint32_t first_count = histogram[first];
  uint32_t level = bin;  // a constant slice is left as it is
  if (first_count != pixels) {
    const float scale = __fdiv_rn(255.0f, __uint2float_rn(pixels - first_count));
    level = bin <= first ? 0 : __float2uint_rn(__fmul_rn(__uint2float_rn(cdf - first_count), scale));
  }
  tables[uint64_t{blockIdx.x} * kBins + bin] = static_cast<uint8_t>(min(level, 255u));
}

__device__ uint32_t look_up_word(const uint8_t* table, uint32_t word) {
  return table[word & 0xffu] | table[word >> 8 & 0xffu] << 8 | table[word >> 16 & 0xffu] << 16 |
         static_cast<uint32_t>(table[word >> 24]) << 24;
}

// grid (blocks of a slice, slices). source may be target: each thread writes only what it has read.
__global__ void __launch_bounds__(kThreads)
    apply_table_kernel(const uint8_t* source_slices, uint32_t pixels, const uint8_t* __restrict__ tables,
                       uint8_t* target_slices) {
  __shared__ uint8_t table[kBins];
  for (uint32_t i = threadIdx.x; i < kBins; i += blockDim.x) table[i] = tables[uint64_t{blockIdx.y} * kBins + i];
  __syncthreads();

  const uint64_t slice_offset = uint64_t{blockIdx.y} * pixels;
  const uint8_t* source = source_slices + slice_offset;
  uint8_t* target = target_slices + slice_offset;
  const uint32_t thread = blockIdx.x * blockDim.x + threadIdx.x;
  const uint32_t stride = gridDim.x * blockDim.x;
  const VectorSpan span = split_span(vector_phase(source, kWidth), vector_phase(target, kWidth), pixels, kWidth);
  const Bytes16* source_vectors = reinterpret_cast<const Bytes16*>(source + span.head);
  Bytes16* target_vectors = reinterpret_cast<Bytes16*>(target + span.head);
  for (uint32_t i = thread; i < span.vectors; i += stride) {
    Bytes16 bytes = source_vectors[i];
#pragma unroll
    for (uint32_t k = 0; k < 4; ++k) bytes.words[k] = look_up_word(table, bytes.words[k]);
    target_vectors[i] = bytes;
  }
  for (uint32_t i = thread; i < span.scalars; i += stride) {
    const uint32_t element = scalar_element(span, i, kWidth);
    target[element] = table[source[element]];
  }
}

}  // namespace

cudaError_t launch_equalize(cudaStream_t stream, const uint8_t* source, int64_t pixels, int64_t slices,
                            const EqualizeWorkspace& workspace, uint8_t* target) {
  if (!is_launchable(pixels, slices)) return cudaErrorInvalidValue;
  const uint32_t slice_pixels = static_cast<uint32_t>(pixels);
  const dim3 grid = slice_grid(pixels, slices, kWidth);
  const size_t shared_bytes = kWarps * kBins * sizeof(uint32_t);

  cudaError_t status = cudaMemsetAsync(workspace.histograms, 0, slices * kBins * sizeof(uint32_t), stream);
  if (status != cudaSuccess) return status;
  count_values_kernel<<<grid, kThreads, shared_bytes, stream>>>(source, slice_pixels, workspace.histograms);
  status = cudaGetLastError();
  if (status != cudaSuccess) return status;
  equalization_table_kernel<<<static_cast<uint32_t>(slices), kThreads, 0, stream>>>(workspace.histograms, slice_pixels,
                                                                                    workspace.tables);
  status = cudaGetLastError();
  if (status != cudaSuccess) return status;
  apply_table_kernel<<<grid, kThreads, 0, stream>>>(source, slice_pixels, workspace.tables, target);
  return cudaGetLastError();
}

}  // namespace hepatica::cuda
