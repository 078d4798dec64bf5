#include "cuda/library/lane.h"

#include <cstring>

#include "cuda/equalize.cuh"
#include "cuda/hu_window.cuh"

namespace hepatica::cuda {
namespace {

// Kernels are fastest where input and output start at the same element of a 16-byte boundary; a tile of a picture in
// device memory may start anywhere in it, so the input is shifted alike.
constexpr int64_t kVectorBytes = 16;

int64_t bytes_per_voxel(const Job& job) { return job.is_float ? sizeof(float) : sizeof(int16_t); }

void launch_clip(cudaStream_t stream, const Job& job, const void* hu, int64_t slices, uint8_t* quantized) {
  const cudaError_t status = job.is_float ? launch_hu_window(stream, static_cast<const float*>(hu), job.slice_pixels,
                                                             slices, job.hu_min, job.hu_max, quantized)
                                          : launch_hu_window(stream, static_cast<const int16_t*>(hu), job.slice_pixels,
                                                             slices, job.hu_min, job.hu_max, quantized);
  check(status, "Launching hu_window");
}

void copy_async(void* target, const void* source, int64_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  check(cudaMemcpyAsync(target, source, static_cast<size_t>(bytes), kind, stream), "Copying a tile");
}

}  // namespace

void Lane::reserve(const Job& job, const Destination& destination, int64_t slices) {
  const size_t voxels = static_cast<size_t>(slices * job.slice_pixels);
  const size_t hu_bytes = voxels * static_cast<size_t>(bytes_per_voxel(job));
  staged_hu_.reserve(hu_bytes, "Allocating pinned memory");
  hu_.reserve(hu_bytes + kVectorBytes * static_cast<size_t>(bytes_per_voxel(job)), "Allocating device memory");
  if (destination.host_picture) {
    staged_picture_.reserve(voxels, "Allocating pinned memory");
    picture_.reserve(voxels, "Allocating device memory");
  }
  if (destination.host_clipped) staged_clipped_.reserve(voxels, "Allocating pinned memory");
  if (job.equalize) {
    histograms_.reserve(static_cast<size_t>(slices * kBins) * sizeof(uint32_t), "Allocating device memory");
    tables_.reserve(static_cast<size_t>(slices * kBins), "Allocating device memory");
  }
}

void Lane::start(const Job& job, const Destination& destination, const Tile& tile) {
  const int64_t first_voxel = tile.first_slice * job.slice_pixels;
  const int64_t voxels = tile.slices * job.slice_pixels;
  const int64_t voxel_bytes = bytes_per_voxel(job);
  const int64_t shift = destination.device_picture ? first_voxel % kVectorBytes : 0;
  uint8_t* const hu = hu_.as<uint8_t>() + shift * voxel_bytes;
  uint8_t* const picture =
      destination.device_picture ? destination.device_picture + first_voxel : picture_.as<uint8_t>();
  const cudaStream_t stream = stream_.get();
  pending_ = tile;

  std::memcpy(staged_hu_.as<uint8_t>(), static_cast<const uint8_t*>(job.hu) + first_voxel * voxel_bytes,
              static_cast<size_t>(voxels * voxel_bytes));
  copy_async(hu, staged_hu_.as<uint8_t>(), voxels * voxel_bytes, cudaMemcpyHostToDevice, stream);
  launch_clip(stream, job, hu, tile.slices, picture);
  if (destination.host_clipped) {
    copy_async(staged_clipped_.as<uint8_t>(), picture, voxels, cudaMemcpyDeviceToHost, stream);
  }
  if (job.equalize) {
    const EqualizeWorkspace workspace = {histograms_.as<uint32_t>(), tables_.as<uint8_t>()};
    check(launch_equalize(stream, picture, job.slice_pixels, tile.slices, workspace, picture), "Launching equalize");
  }
  if (destination.host_picture) {
    copy_async(staged_picture_.as<uint8_t>(), picture, voxels, cudaMemcpyDeviceToHost, stream);
  }
}

int64_t Lane::finish(const Job& job, const Destination& destination) {
  if (pending_.slices == 0) return 0;
  stream_.synchronize();
  const int64_t first_voxel = pending_.first_slice * job.slice_pixels;
  const size_t voxels = static_cast<size_t>(pending_.slices * job.slice_pixels);
  if (destination.host_picture) {
    std::memcpy(destination.host_picture + first_voxel, staged_picture_.as<uint8_t>(), voxels);
  }
  if (destination.host_clipped) {
    std::memcpy(destination.host_clipped + first_voxel, staged_clipped_.as<uint8_t>(), voxels);
  }
  const int64_t done = pending_.slices;
  pending_ = {};
  return done;
}

void Lane::abandon() noexcept {
  pending_ = {};
  cudaStreamSynchronize(stream_.get());
}

}  // namespace hepatica::cuda
