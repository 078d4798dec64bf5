#include "cuda/preprocess.h"

#include <exception>

#include "core/error.h"

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

HepaticaCudaPreprocess job_of(const Volume& volume, const CudaPreprocessOptions& options, Progress& progress) {
  const auto* const floats = std::get_if<std::vector<float>>(&volume.hu);
  const void* const hu =
      floats ? static_cast<const void*>(floats->data()) : std::get<std::vector<int16_t>>(volume.hu).data();
  return {.hu = hu,
          .is_float = floats != nullptr,
          .hu_min = options.hu_min,
          .hu_max = options.hu_max,
          .equalize = options.equalize,
          .slice_pixels = volume.geometry.slice_pixels(),
          .slices = volume.geometry.slice_count(),
          .keep_going = keep_going,
          .user = &progress};
}

void check_status(int32_t status, const HepaticaCudaFailure& failure, const Progress& progress) {
  if (progress.failure) std::rethrow_exception(progress.failure);
  if (status == HEPATICA_CUDA_CANCELLED) throw Cancelled();
  if (status == HEPATICA_CUDA_OK) return;
  throw Error("CUDA_FAILED", std::string("Preprocessing on the GPU failed: ") + failure.reason, {}, "device",
              "Use device 'cpu', or free memory on the GPU");
}

}  // namespace

void preprocess_cuda(CudaLibrary& library, const Volume& volume, const CudaPreprocessOptions& options,
                     uint8_t* equalized, uint8_t* clipped, Run& run) {
  if (volume.geometry.voxel_count() == 0) return;
  Progress progress{run, volume.geometry.slice_count(), nullptr};
  const HepaticaCudaPreprocess job = job_of(volume, options, progress);
  HepaticaCudaFailure failure = {};
  const auto context = library.borrow_context();
  check_status(library.api().preprocess(context.get(), &job, equalized, clipped, &failure), failure, progress);
}

std::unique_ptr<DevicePicture> preprocess_to_device(CudaLibrary& library, const Volume& volume,
                                                    const CudaPreprocessOptions& options, Run& run) {
  Progress progress{run, volume.geometry.slice_count(), nullptr};
  const HepaticaCudaPreprocess job = job_of(volume, options, progress);
  HepaticaCudaFailure failure = {};
  uint8_t* bytes = nullptr;
  const auto context = library.borrow_context();
  check_status(library.api().preprocess_to_device(context.get(), &job, &bytes, &failure), failure, progress);
  return std::make_unique<DevicePicture>(library, volume.geometry, bytes);
}

DevicePicture::~DevicePicture() { library_.api().picture_free(device_index(), bytes_); }

ByteVolume DevicePicture::copy_to_host() const {
  ByteVolume host{geometry_, std::vector<uint8_t>(static_cast<size_t>(geometry_.voxel_count()))};
  HepaticaCudaFailure failure = {};
  const int32_t status =
      library_.api().picture_copy_to_host(device_index(), bytes_, host.voxels.size(), host.voxels.data(), &failure);
  if (status != HEPATICA_CUDA_OK) {
    throw Error("CUDA_FAILED", std::string("Copying from the GPU failed: ") + failure.reason, {}, "device",
                "Use device 'cpu'");
  }
  return host;
}

}  // namespace hepatica
