#include "core/volume_limit.h"

#include <cmath>

#include "core/error.h"

namespace hepatica {

void VolumeLimit::check(const Size3& size, const std::string& file, const std::string& field) const {
  // Sizes of NIfTI-2 may be such that their product has more than 64 bits.
  const double slice = static_cast<double>(size[0]) * static_cast<double>(size[1]);
  const double voxels = slice * static_cast<double>(size[2]);
  if (slice <= static_cast<double>(most_slice_pixels) && voxels <= static_cast<double>(most_voxels)) return;
  throw Error("VOLUME_TOO_LARGE",
              file + ": Expected at most " + std::to_string(most_voxels) + " voxels and " +
                  std::to_string(most_slice_pixels) + " a slice, received " + std::to_string(size[0]) + " x " +
                  std::to_string(size[1]) + " x " + std::to_string(size[2]),
              file, field, "Crop or resample the volume, or raise the option maxVoxels if the memory is there.");
}

}  // namespace hepatica
