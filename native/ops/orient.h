// Index axes as the networks expect them: x to the patient's left, y to posterior, z to the head (LPS), each as far as
// the directions allow; oblique volumes stay oblique, nothing is interpolated.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/volume.h"

namespace hepatica {

// Axis a of the canonical volume is axis source_axis[a] of the source, run backwards where flipped[a].
struct AxisOrder {
  std::array<int, 3> source_axis = {0, 1, 2};
  std::array<bool, 3> flipped = {false, false, false};

  bool is_identity() const;
};

// Throws UNSUPPORTED_ORIENTATION, naming `field`, where the slices (z) are not axial: networks that read axial slices
// would get reformatted ones.
AxisOrder canonical_order(const Geometry& geometry, const std::string& field = "direction");

Geometry to_canonical(const Geometry& source, const AxisOrder& order);

// Moved through unchanged where the order is the identity.
Volume to_canonical(Volume volume, const AxisOrder& order);
ByteVolume to_canonical(ByteVolume volume, const AxisOrder& order);

// The inverse: a mask on the canonical grid, put onto the grid it came from (`source` is that grid, taken as it is).
ByteVolume from_canonical(ByteVolume volume, const AxisOrder& order, const Geometry& source);

}  // namespace hepatica
