#include "pipelines/preprocess_volume.h"

#include <cstddef>
#include <vector>

#include "cuda/preprocess.h"
#include "runtime/on_device.h"

namespace hepatica {
namespace {

bool has_kernel(const PreprocessOptions& options) { return options.equalization != Equalization::kClahe; }

Preprocessed preprocess_by_kernels(const CudaDevice& kernels, const Volume& volume, const PreprocessOptions& options,
                                   Run& run) {
  check_window({options.hu_min, options.hu_max});
  const StageTimer timer(run, "preprocess");
  const auto voxels = static_cast<size_t>(volume.geometry.voxel_count());
  Preprocessed stages{{volume.geometry, std::vector<uint8_t>(voxels)}, {volume.geometry, std::vector<uint8_t>(voxels)}};
  const bool equalize = options.equalization == Equalization::kGlobal;
  preprocess_cuda(kernels, volume, {options.hu_min, options.hu_max, equalize}, stages.equalized.voxels.data(),
                  stages.clipped.voxels.data(), run);
  return stages;
}

}  // namespace

Preprocessed preprocess_volume(const Volume& volume, const PreprocessOptions& options, const DeviceChoice& choice,
                               Run& run) {
  return on_device(choice, DeviceUse::kKernels, run, [&](const ComputeDevice& device) {
    if (device.kernels && has_kernel(options)) return preprocess_by_kernels(*device.kernels, volume, options, run);
    if (choice.kind == DeviceChoice::Kind::kCuda) {
      run.warn("CLAHE_ON_CPU", "CLAHE has no kernel: it ran on the CPU");
    }
    run.set_device_used("cpu");
    return preprocess_stages(volume, options, run);
  });
}

}  // namespace hepatica
