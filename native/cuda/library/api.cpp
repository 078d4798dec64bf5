// The function table of api.h: arguments are checked here, and exceptions end here.
#include "cuda/api.h"

#include <cstdio>
#include <exception>
#include <memory>

#include "cuda/launch.cuh"
#include "cuda/library/context.h"

using hepatica::cuda::check;
using hepatica::cuda::CudaFailure;
using hepatica::cuda::Destination;
using hepatica::cuda::Job;
using hepatica::cuda::UseDevice;

struct HepaticaCudaContext : hepatica::cuda::Context {
  using Context::Context;
};

namespace {

template <class Body>
int32_t guarded(HepaticaCudaFailure* failure, const Body& body) {
  try {
    return body();
  } catch (const std::exception& error) {
    std::snprintf(failure->reason, sizeof(failure->reason), "%s", error.what());
    return HEPATICA_CUDA_FAILED;
  }
}

// cudaErrorInsufficientDriver stands for no driver at all, too.
std::string reason_without_device(cudaError_t status) {
  if (status != cudaErrorInsufficientDriver) return cudaGetErrorString(status);
  int driver = 0;
  int runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  if (driver == 0) return "no NVIDIA driver answers";
  const auto version = [](int number) {
    return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
  };
  return "the NVIDIA driver supports CUDA " + version(driver) + ", but the kernels need " + version(runtime);
}

int32_t device_count(int32_t* count, HepaticaCudaFailure* failure) {
  *count = 0;
  return guarded(failure, [&] {
    // Left as it is where no driver answers: so it must not start as anything but 0.
    int devices = 0;
    const cudaError_t status = cudaGetDeviceCount(&devices);
    if (status != cudaSuccess) {
      cudaGetLastError();
      throw CudaFailure(reason_without_device(status));
    }
    *count = devices;
    return HEPATICA_CUDA_OK;
  });
}

int32_t device_info(int32_t device, HepaticaCudaDevice* info, HepaticaCudaFailure* failure) {
  return guarded(failure, [&] {
    cudaDeviceProp properties;
    check(cudaGetDeviceProperties(&properties, device), "Asking for the GPU's properties");
    std::snprintf(info->name, sizeof(info->name), "%s", properties.name);
    info->compute_major = properties.major;
    info->compute_minor = properties.minor;
    info->memory_bytes = properties.totalGlobalMem;
    return HEPATICA_CUDA_OK;
  });
}

int32_t context_create(int32_t device, HepaticaCudaContext** context, HepaticaCudaFailure* failure) {
  *context = nullptr;
  return guarded(failure, [&] {
    const UseDevice current(device);
    *context = new HepaticaCudaContext(device);
    return HEPATICA_CUDA_OK;
  });
}

void context_destroy(HepaticaCudaContext* context) {
  if (!context) return;
  HepaticaCudaFailure ignored;
  guarded(&ignored, [&] {
    const UseDevice current(context->device());
    delete context;
    return HEPATICA_CUDA_OK;
  });
}

void check_job(const Job& job) {
  if (!job.hu || job.slices < 1 || job.slice_pixels < 1 || job.slice_pixels > hepatica::cuda::kMaxSlicePixels ||
      job.hu_min < -32768 || job.hu_max > 32767 || job.hu_min >= job.hu_max) {
    throw CudaFailure("The preprocessing job is out of bounds");
  }
}

int32_t preprocess(HepaticaCudaContext* context, const HepaticaCudaPreprocess* job, uint8_t* picture, uint8_t* clipped,
                   HepaticaCudaFailure* failure) {
  return guarded(failure, [&] {
    check_job(*job);
    const UseDevice current(context->device());
    const bool completed = context->preprocess(*job, {.host_picture = picture, .host_clipped = clipped});
    return completed ? HEPATICA_CUDA_OK : HEPATICA_CUDA_CANCELLED;
  });
}

void picture_free(int32_t device, uint8_t* picture) {
  HepaticaCudaFailure ignored;
  guarded(&ignored, [&] {
    const UseDevice current(device);
    cudaFree(picture);
    return HEPATICA_CUDA_OK;
  });
}

int32_t preprocess_to_device(HepaticaCudaContext* context, const HepaticaCudaPreprocess* job, uint8_t** picture,
                             HepaticaCudaFailure* failure) {
  *picture = nullptr;
  return guarded(failure, [&] {
    check_job(*job);
    const UseDevice current(context->device());
    hepatica::cuda::DeviceMemory memory(static_cast<size_t>(job->slices * job->slice_pixels));
    if (!context->preprocess(*job, {.device_picture = memory.bytes()})) return HEPATICA_CUDA_CANCELLED;
    *picture = memory.release();
    return HEPATICA_CUDA_OK;
  });
}

int32_t picture_copy_to_host(int32_t device, const uint8_t* picture, uint64_t bytes, uint8_t* host,
                             HepaticaCudaFailure* failure) {
  return guarded(failure, [&] {
    const UseDevice current(device);
    check(cudaMemcpy(host, picture, bytes, cudaMemcpyDeviceToHost), "Copying a picture from the GPU");
    return HEPATICA_CUDA_OK;
  });
}

constexpr HepaticaCudaApi kApi = {
    .version = HEPATICA_CUDA_API_VERSION,
    .size = sizeof(HepaticaCudaApi),
    .device_count = device_count,
    .device_info = device_info,
    .context_create = context_create,
    .context_destroy = context_destroy,
    .preprocess = preprocess,
    .preprocess_to_device = preprocess_to_device,
    .picture_free = picture_free,
    .picture_copy_to_host = picture_copy_to_host,
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const HepaticaCudaApi* hepatica_cuda_api() { return &kApi; }
