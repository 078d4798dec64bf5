// What the lesion network sees of a scan, in a device's memory: the kernels' pictures are resampled, averaged and
// masked where they lie.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <span>
#include <vector>

#include "models/mdl_cnn/region_input.h"

namespace hepatica {

// The pictures of the region's slices (RegionInput::first_slice on) by these options: (slices, rows, columns) bytes on
// the device, of whole slices.
using DevicePictures = std::function<at::Tensor(const PreprocessOptions& options)>;

class DeviceRegion {
 public:
  // `frame`: make_region_frame() of the same scan; at least one slice. What make_region_input() makes of it, but for
  // sums in another order.
  DeviceRegion(const RegionInput& frame, const Geometry& source, const MdlCnnConfig& config,
               const PreprocessOptions& preprocessing, at::Device device, const DevicePictures& pictures);

  const RegionInput& frame() const { return frame_; }

  // As RegionInput::batch(), on the device.
  at::Tensor batch(std::span<const int64_t> indices) const;

 private:
  const RegionInput& frame_;
  std::vector<at::Tensor> planes_;  // by channel: (1 + slices, height, width) bytes; the first is 0, outside the liver
};

}  // namespace hepatica
