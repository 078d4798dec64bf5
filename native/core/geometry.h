// Where voxels lie. The conventions are said here once and hold everywhere:
//   memory     C order (z, y, x): x is the fastest index; voxel (i, j, k) is at (k * size_y + j) * size_x + i
//   geometry   (x, y, z) in mm, LPS (DICOM PS3.3 C.7.6.2.1.1): x to the patient's left, y to posterior, z to head
//   direction  row-major 3x3; column c is the unit vector along index axis c. Columns 0 and 1 are orthogonal; column 2
//              may lean (gantry tilt), so the voxel volume is |det(direction)| * spacing_x * spacing_y * spacing_z.
#pragma once

#include <array>
#include <cstdint>

namespace hepatica {

using Size3 = std::array<int64_t, 3>;
using Vec3 = std::array<double, 3>;
using Mat3 = std::array<double, 9>;

inline constexpr Mat3 kIdentity3 = {1, 0, 0, 0, 1, 0, 0, 0, 1};

struct Geometry {
  Size3 size = {0, 0, 0};
  Vec3 spacing_mm = {1, 1, 1};
  Vec3 origin_mm = {0, 0, 0};
  Mat3 direction = kIdentity3;

  int64_t slice_pixels() const { return size[0] * size[1]; }
  int64_t slice_count() const { return size[2]; }
  int64_t voxel_count() const { return slice_pixels() * size[2]; }

  // |det(direction)| * spacing, in ml (1 ml = 1000 mm3).
  double voxel_volume_ml() const;

  // The position of a voxel's centre, LPS mm; index (x, y, z), fractions allowed.
  Vec3 position_mm(const Vec3& index) const;

  bool operator==(const Geometry&) const = default;
};

// The patient axis (0 left, 1 posterior, 2 head, in either sense) that each index axis is nearest to; no two share one.
std::array<int, 3> nearest_patient_axes(const Mat3& direction);

}  // namespace hepatica
