// The 8-bit pictures that the networks see, for a caller who wants to look at them.
#pragma once

#include "core/device_choice.h"
#include "core/run.h"
#include "core/volume.h"
#include "ops/preprocess.h"

namespace hepatica {

// The same bytes on every device. The device used and warnings are left in the run: GPU_NOT_USED, and CLAHE_ON_CPU
// where a GPU was asked for. Throws NO_CUDA_DEVICE, and CUDA_FAILED and CUDA_OUT_OF_MEMORY where a GPU was asked for.
Preprocessed preprocess_volume(const Volume& volume, const PreprocessOptions& options, const DeviceChoice& choice,
                               Run& run);

}  // namespace hepatica
