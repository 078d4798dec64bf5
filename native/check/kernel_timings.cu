#include "check/kernel_timings.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <limits>
#include <stdexcept>

#include "cuda/equalize.cuh"
#include "cuda/hu_window.cuh"

namespace {

using namespace hepatica::cuda;

constexpr int kRepeats = 10;
constexpr int kHuMin = -100;
constexpr int kHuMax = 400;

void require(cudaError_t status) {
  if (status != cudaSuccess) throw std::runtime_error(cudaGetErrorString(status));
}

template <class Element>
class DeviceArray {
 public:
  explicit DeviceArray(size_t count) { require(cudaMalloc(&data_, count * sizeof(Element))); }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  Element* get() { return data_; }

 private:
  Element* data_ = nullptr;
};

struct Events {
  cudaEvent_t start, stop;
  Events() {
    require(cudaEventCreate(&start));
    require(cudaEventCreate(&stop));
  }
  ~Events() {
    cudaEventDestroy(start);
    cudaEventDestroy(stop);
  }
};

template <class Work>
double least_ms(Work&& work) {
  Events events;
  require(work());
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kRepeats; ++i) {
    require(cudaEventRecord(events.start));
    require(work());
    require(cudaEventRecord(events.stop));
    require(cudaEventSynchronize(events.stop));
    float ms = 0;
    require(cudaEventElapsedTime(&ms, events.start, events.stop));
    least = std::min(least, static_cast<double>(ms));
  }
  return least;
}

// A scan's values: air outside, tissue with noise inside, so that the histogram is a scan's.
__global__ void fill_kernel(int16_t* hu, float* hu_float, uint32_t slice_pixels, uint64_t count) {
  const uint64_t stride = uint64_t{gridDim.x} * blockDim.x;
  for (uint64_t i = uint64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += stride) {
    const uint32_t pixel = static_cast<uint32_t>(i % slice_pixels);
    const uint32_t hash = (static_cast<uint32_t>(i) * 2654435761u) >> 16;
    const bool inside = pixel > slice_pixels / 5 && pixel < slice_pixels / 5 * 4;
    const int value = inside ? 60 + static_cast<int>(hash % 160) - 80 : -1000;
    hu[i] = static_cast<int16_t>(value);
    hu_float[i] = static_cast<float>(value) + 0.25f;
  }
}

void time_all(int64_t pixels, int64_t slices, HepaticaKernelTimings& timings) {
  const size_t count = static_cast<size_t>(pixels * slices);
  DeviceArray<int16_t> hu(count);
  DeviceArray<float> hu_float(count);
  DeviceArray<float> copied(count);
  DeviceArray<uint8_t> quantized(count);
  DeviceArray<uint8_t> equalized(count);
  DeviceArray<uint32_t> histograms(static_cast<size_t>(slices) * kBins);
  DeviceArray<uint8_t> tables(static_cast<size_t>(slices) * kBins);
  fill_kernel<<<1024, 256>>>(hu.get(), hu_float.get(), static_cast<uint32_t>(pixels), count);
  require(cudaGetLastError());
  const size_t bytes = count * sizeof(float);
  const double copy_ms =
      least_ms([&] { return cudaMemcpyAsync(copied.get(), hu_float.get(), bytes, cudaMemcpyDeviceToDevice, nullptr); });
  timings.copy_bytes_per_second = 2.0 * static_cast<double>(bytes) / (copy_ms / 1e3);
  timings.window_float_ms = least_ms(
      [&] { return launch_hu_window(nullptr, hu_float.get(), pixels, slices, kHuMin, kHuMax, quantized.get()); });
  timings.window_int16_ms =
      least_ms([&] { return launch_hu_window(nullptr, hu.get(), pixels, slices, kHuMin, kHuMax, quantized.get()); });
  const EqualizeWorkspace workspace{histograms.get(), tables.get()};
  timings.equalize_ms =
      least_ms([&] { return launch_equalize(nullptr, quantized.get(), pixels, slices, workspace, equalized.get()); });
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void hepatica_time_kernels(int64_t slice_pixels, int64_t slices,
                                                                             HepaticaKernelTimings* timings) {
  *timings = {};
  try {
    time_all(slice_pixels, slices, *timings);
  } catch (const std::exception& error) {
    std::snprintf(timings->failure, sizeof(timings->failure), "%s", error.what());
  }
}
