// NIfTI's affine (index to RAS mm) and our geometry (LPS).
#pragma once

#include <array>
#include <string>

#include "core/geometry.h"

namespace hepatica {

// Rows x, y, z to the right, anterior, superior; columns are the index axes and the origin; mm.
using RasAffine = std::array<std::array<double, 4>, 3>;

// Throws INVALID_VALUE for columns that span no volume, UNSUPPORTED_ORIENTATION where the in-plane axes are not
// orthogonal (the third may lean). Numbers that were stored as float32 are read as the decimals that they stand for.
Geometry geometry_from_affine(const RasAffine& affine, const Size3& size, const std::string& path);

RasAffine affine_from_geometry(const Geometry& geometry);

// True where all three axes are orthogonal to 0.0001, which is what a quaternion can express.
bool is_orthogonal(const Geometry& geometry);

}  // namespace hepatica
