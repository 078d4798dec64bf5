#include "cuda/preprocess.h"

#include <exception>

namespace hepatica {
namespace {

// What keep_going sees; exceptions of the progress callback must not cross the C table.
struct Progress {
  Run& run;
  int64_t slices;
  std::exception_ptr failure;
};

int32_t keep_going(void* user, int64_t slices_done) {
  Progress& progress = *static_cast<Progress*>(user);
  try {
    progress.run.progress(static_cast<double>(slices_done) / static_cast<double>(progress.slices));
  } catch (...) {
    progress.failure = std::current_exception();
  }
  return !progress.failure && !progress.run.is_cancelled();
}

HepaticaCudaPreprocess job_of(const Volume& volume, const CudaPreprocessOptions& options, SliceRange slices,
                              Progress& progress) {
  const auto* const floats = std::get_if<std::vector<float>>(&volume.hu);
  const int64_t begin = slices.first * volume.geometry.slice_pixels();
  const void* const hu = floats ? static_cast<const void*>(floats->data() + begin)
                                : std::get<std::vector<int16_t>>(volume.hu).data() + begin;
  return {.hu = hu,
          .is_float = floats != nullptr,
          .hu_min = options.hu_min,
          .hu_max = options.hu_max,
          .equalize = options.equalize,
          .slice_pixels = volume.geometry.slice_pixels(),
          .slices = slices.count,
          .keep_going = keep_going,
          .user = &progress};
}

void check_status(int32_t status, const HepaticaCudaFailure& failure, const Progress& progress) {
  if (progress.failure) std::rethrow_exception(progress.failure);
  if (status == HEPATICA_CUDA_CANCELLED) throw Cancelled();
  if (status == HEPATICA_CUDA_OK) return;
  throw cuda_error("Preprocessing on the GPU failed", failure.reason);
}

}  // namespace

void preprocess_cuda(const CudaDevice& device, const Volume& volume, const CudaPreprocessOptions& options,
                     uint8_t* equalized, uint8_t* clipped, Run& run) {
  if (volume.geometry.voxel_count() == 0) return;
  const SliceRange all{0, volume.geometry.slice_count()};
  Progress progress{run, all.count, nullptr};
  const HepaticaCudaPreprocess job = job_of(volume, options, all, progress);
  HepaticaCudaFailure failure = {};
  const auto context = device.library->borrow_context(device);
  check_status(device.library->api().preprocess(context.get(), &job, equalized, clipped, &failure), failure, progress);
}

std::unique_ptr<DevicePicture> preprocess_to_device(const CudaDevice& device, const Volume& volume,
                                                    const CudaPreprocessOptions& options, SliceRange slices, Run& run) {
  Progress progress{run, slices.count, nullptr};
  const HepaticaCudaPreprocess job = job_of(volume, options, slices, progress);
  HepaticaCudaFailure failure = {};
  uint8_t* bytes = nullptr;
  const auto context = device.library->borrow_context(device);
  check_status(device.library->api().preprocess_to_device(context.get(), &job, &bytes, &failure), failure, progress);
  Geometry geometry = volume.geometry;
  geometry.size[2] = slices.count;
  return std::make_unique<DevicePicture>(device, geometry, bytes);
}

DevicePicture::~DevicePicture() { device_.library->api().picture_free(device_index(), bytes_); }

ByteVolume DevicePicture::copy_to_host() const {
  ByteVolume host{geometry_, std::vector<uint8_t>(static_cast<size_t>(geometry_.voxel_count()))};
  HepaticaCudaFailure failure = {};
  const int32_t status = device_.library->api().picture_copy_to_host(device_index(), bytes_, host.voxels.size(),
                                                                     host.voxels.data(), &failure);
  if (status != HEPATICA_CUDA_OK) throw cuda_error("Copying from the GPU failed", failure.reason);
  return host;
}

}  // namespace hepatica
