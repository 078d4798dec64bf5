// A CT volume in Hounsfield units, and volumes of bytes (masks, 8-bit pictures) on the same grid.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/geometry.h"

namespace hepatica {

// HU as 16-bit integers, or as floats where the rescale slope is fractional. Memory order (z, y, x).
struct Volume {
  Geometry geometry;
  std::variant<std::vector<int16_t>, std::vector<float>> hu;
};

// One byte a voxel: a mask (0 or 1, or labels), or a preprocessed picture (0 to 255). Memory order (z, y, x).
struct ByteVolume {
  Geometry geometry;
  std::vector<uint8_t> voxels;

  const uint8_t* slice(int64_t z) const { return voxels.data() + z * geometry.slice_pixels(); }
  uint8_t* slice(int64_t z) { return voxels.data() + z * geometry.slice_pixels(); }
};

using Mask = ByteVolume;

}  // namespace hepatica
