#include "pipelines/device_picture.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <array>
#include <memory>

#include "core/parallel.h"

namespace hepatica {

at::Tensor device_picture(const ComputeDevice& device, const Volume& volume, const PreprocessOptions& options,
                          SliceRange slices, Run& run) {
  check_window({options.hu_min, options.hu_max});
  const StageTimer timer(run, "preprocess");
  const std::array<int64_t, 3> shape = {slices.count, volume.geometry.size[1], volume.geometry.size[0]};
  if (device.kernels && options.equalization != Equalization::kClahe) {
    const bool equalize = options.equalization == Equalization::kGlobal;
    const std::shared_ptr<DevicePicture> picture =
        preprocess_to_device(*device.kernels, volume, {options.hu_min, options.hu_max, equalize}, slices, run);
    return at::from_blob(
        picture->device_bytes(), shape, [picture](void*) {}, at::TensorOptions(at::kByte).device(device.tensors));
  }
  const at::Tensor host = at::empty(shape, at::kByte);
  parallel_for(slices.count, run, [&](int64_t i) {
    uint8_t* const slice = host.mutable_data_ptr<uint8_t>() + i * volume.geometry.slice_pixels();
    preprocess_slice(volume, slices.first + i, options, slice, nullptr);
  });
  return host.to(device.tensors);
}

}  // namespace hepatica
