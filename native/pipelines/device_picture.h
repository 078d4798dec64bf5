// The 8-bit picture of a volume in a device's memory: the kernels' own buffer, without a way through the host.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/run.h"
#include "core/volume.h"
#include "cuda/preprocess.h"
#include "ops/preprocess.h"
#include "runtime/device.h"

namespace hepatica {

// (slices, rows, columns) bytes on a GPU. CLAHE, which has no kernel, is computed on the CPU, and so is everything for
// a device without kernels. Throws CUDA_FAILED and CUDA_OUT_OF_MEMORY.
at::Tensor device_picture(const ComputeDevice& device, const Volume& volume, const PreprocessOptions& options,
                          SliceRange slices, Run& run);

}  // namespace hepatica
