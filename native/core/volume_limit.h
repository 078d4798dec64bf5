// How large a volume may be that a header announces: judged before memory is taken for it, since a file of a few
// megabytes can announce, and unpack to, many gigabytes.
#pragma once

#include <cstdint>
#include <string>

#include "core/geometry.h"

namespace hepatica {

struct VolumeLimit {
  // 1,024 slices of 1024 x 1024, or 4,096 of 512 x 512: two to four GiB.
  static constexpr int64_t kDefaultVoxels = int64_t{1} << 30;
  // 8192 x 8192: no CT has larger slices.
  static constexpr int64_t kDefaultSlicePixels = int64_t{1} << 26;

  VolumeLimit() = default;
  // As a caller sets it: such a volume may be all one slice.
  explicit VolumeLimit(int64_t voxels) : most_voxels(voxels), most_slice_pixels(voxels) {}

  int64_t most_voxels = kDefaultVoxels;
  int64_t most_slice_pixels = kDefaultSlicePixels;

  // Throws Error VOLUME_TOO_LARGE.
  void check(const Size3& size, const std::string& file, const std::string& field) const;
};

}  // namespace hepatica
