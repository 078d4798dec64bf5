#include "cuda/hu_window.cuh"

#include "cuda/launch.cuh"
#include "cuda/vector_span.cuh"

namespace hepatica::cuda {
namespace {

struct Window {
  int hu_min;
  int hu_max;
};

__device__ int clamped_hu(int16_t hu, const Window& window) { return min(max(int{hu}, window.hu_min), window.hu_max); }

// fmaxf returns the other operand for NaN: it becomes air. The bounds are integers, so rounding after clamping is the
// same as before it, and infinities never reach the conversion.
__device__ int clamped_hu(float hu, const Window& window) {
  return __float2int_rn(fminf(fmaxf(hu, static_cast<float>(window.hu_min)), static_cast<float>(window.hu_max)));
}

// At most 65535 * 255 + 32767: all in 32 bits, no floating point.
template <class Hu>
__device__ uint32_t quantize(Hu hu, const Window& window) {
  const uint32_t width = static_cast<uint32_t>(window.hu_max - window.hu_min);
  const uint32_t level = static_cast<uint32_t>(clamped_hu(hu, window) - window.hu_min);
  return (level * 255u + width / 2u) / width;
}

// 16 bytes of input, and the bytes that they become.
template <class Hu>
struct Vector;
template <>
struct Vector<int16_t> {
  static constexpr uint32_t kWidth = 8;
  struct alignas(16) Source {
    int16_t hu[kWidth];
  };
  struct alignas(8) Target {
    uint32_t words[2];
  };
};
template <>
struct Vector<float> {
  static constexpr uint32_t kWidth = 4;
  struct alignas(16) Source {
    float hu[kWidth];
  };
  struct alignas(4) Target {
    uint32_t words[1];
  };
};

// grid (blocks of a slice, slices)
template <class Hu>
__global__ void __launch_bounds__(kThreads)
    hu_window_kernel(const Hu* __restrict__ hu, uint32_t pixels, Window window, uint8_t* __restrict__ quantized) {
  using Source = typename Vector<Hu>::Source;
  using Target = typename Vector<Hu>::Target;
  constexpr uint32_t kWidth = Vector<Hu>::kWidth;
  const uint64_t slice_offset = uint64_t{blockIdx.y} * pixels;
  const Hu* source = hu + slice_offset;
  uint8_t* target = quantized + slice_offset;
  const uint32_t thread = blockIdx.x * blockDim.x + threadIdx.x;
  const uint32_t stride = gridDim.x * blockDim.x;
  const VectorSpan span = split_span(vector_phase(source, kWidth), vector_phase(target, kWidth), pixels, kWidth);

  const Source* source_vectors = reinterpret_cast<const Source*>(source + span.head);
  Target* target_vectors = reinterpret_cast<Target*>(target + span.head);
  for (uint32_t i = thread; i < span.vectors; i += stride) {
    const Source in = source_vectors[i];
    Target out = {};
#pragma unroll
    for (uint32_t k = 0; k < kWidth; ++k) out.words[k / 4] |= quantize(in.hu[k], window) << (k % 4 * 8);
    target_vectors[i] = out;
  }
  for (uint32_t i = thread; i < span.scalars; i += stride) {
    const uint32_t element = scalar_element(span, i, kWidth);
    target[element] = static_cast<uint8_t>(quantize(source[element], window));
  }
}

template <class Hu>
cudaError_t launch(cudaStream_t stream, const Hu* hu, int64_t pixels, int64_t slices, Window window,
                   uint8_t* quantized) {
  if (!is_launchable(pixels, slices) || window.hu_min >= window.hu_max) return cudaErrorInvalidValue;
  const dim3 grid = slice_grid(pixels, slices, Vector<Hu>::kWidth);
  hu_window_kernel<Hu><<<grid, kThreads, 0, stream>>>(hu, static_cast<uint32_t>(pixels), window, quantized);
  return cudaGetLastError();
}

}  // namespace

cudaError_t launch_hu_window(cudaStream_t stream, const int16_t* hu, int64_t pixels, int64_t slices, int hu_min,
                             int hu_max, uint8_t* quantized) {
  return launch(stream, hu, pixels, slices, {hu_min, hu_max}, quantized);
}

cudaError_t launch_hu_window(cudaStream_t stream, const float* hu, int64_t pixels, int64_t slices, int hu_min,
                             int hu_max, uint8_t* quantized) {
  return launch(stream, hu, pixels, slices, {hu_min, hu_max}, quantized);
}

}  // namespace hepatica::cuda
