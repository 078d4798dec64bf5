// Preprocessing through the kernel library: what ops/preprocess.cpp calls where a GPU is used.
#pragma once

#include <cstdint>
#include <memory>

#include "core/run.h"
#include "core/volume.h"
#include "cuda/loader.h"

namespace hepatica {

struct CudaPreprocessOptions {
  int hu_min = -100;
  int hu_max = 400;
  bool equalize = true;
};

// Clips and equalizes into the caller's host memory, voxel_count() bytes each; `clipped` may be null. Bit-identical to
// the CPU. Reports progress and polls the run's cancel flag between tiles; throws CUDA_FAILED, CUDA_OUT_OF_MEMORY.
void preprocess_cuda(const CudaDevice& device, const Volume& volume, const CudaPreprocessOptions& options,
                     uint8_t* equalized, uint8_t* clipped, Run& run);

// An 8-bit picture of a volume in device memory, for a network on the same device: contiguous (z, y, x) bytes.
class DevicePicture {
 public:
  DevicePicture(const CudaDevice& device, const Geometry& geometry, uint8_t* bytes)
      : device_(device), geometry_(geometry), bytes_(bytes) {}
  ~DevicePicture();
  DevicePicture(const DevicePicture&) = delete;
  DevicePicture& operator=(const DevicePicture&) = delete;

  const Geometry& geometry() const { return geometry_; }
  // Complete: no stream needs to be waited for.
  uint8_t* device_bytes() const { return bytes_; }
  int device_index() const { return device_.index; }
  // For tests and for results that are wanted on the host after all. Throws CUDA_FAILED.
  ByteVolume copy_to_host() const;

 private:
  const CudaDevice& device_;
  Geometry geometry_;
  uint8_t* bytes_;
};

// Of a volume: `count` slices from `first` on.
struct SliceRange {
  int64_t first = 0;
  int64_t count = 0;
};

// The same of some slices, at least one, and the result stays on the GPU.
std::unique_ptr<DevicePicture> preprocess_to_device(const CudaDevice& device, const Volume& volume,
                                                    const CudaPreprocessOptions& options, SliceRange slices, Run& run);

}  // namespace hepatica
