// A scan at a coarser grid, for registration: means of whole voxels, sampled anywhere with their slope.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

// HU outside this range tell nothing of soft tissue: they are clipped to it before they are averaged.
inline constexpr float kDarkestHu = -150;
inline constexpr float kBrightestHu = 250;

// HU at a place, and how it changes by each patient axis, HU/mm.
struct Sample {
  double hu = 0;
  Vec3 slope = {0, 0, 0};
};

// Where cells lie; a cell is the mean of `factor` voxels along each axis, as many as come nearest to a length.
class CellPicture {
 public:
  CellPicture(const Volume& volume, double cell_mm, Run& run);

  const Geometry& cells() const { return cells_; }
  float at(int64_t x, int64_t y, int64_t z) const {
    return values_[static_cast<size_t>((z * cells_.size[1] + y) * cells_.size[0] + x)];
  }
  // Linear between cells' centres; none outside of them.
  std::optional<Sample> sample(const Vec3& position_mm) const;

 private:
  Geometry cells_;
  std::vector<float> values_;
  // From mm to cells: rows of the inverse of direction times spacing.
  Mat3 to_index_;
};

// Voxels that a cell of about this length is made of, at least 1, along each axis.
Size3 cell_factors(const Geometry& geometry, double cell_mm);

// The grid of such cells; voxels that fill no whole cell are left out.
Geometry cell_geometry(const Geometry& geometry, const Size3& factors);

// Row-major: index = result * (position - origin).
Mat3 index_from_mm(const Geometry& geometry);

}  // namespace hepatica
