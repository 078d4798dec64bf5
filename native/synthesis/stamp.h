// One lesion on the voxels of a liver's box: what it would change, before anything is changed.
#pragma once

#include <cstdint>
#include <vector>

#include "core/run.h"
#include "synthesis/ground.h"
#include "synthesis/look.h"
#include "synthesis/shape.h"

namespace hepatica {

struct Candidate {
  LesionShape shape;
  LesionLook look;
  // Voxel (x, y, z) of the ground's box, fractions allowed.
  Vec3 centre = {0, 0, 0};
};

// In the ground's box; clipped to it.
struct Stamp {
  Size3 origin = {0, 0, 0};
  Size3 size = {0, 0, 0};
  // Part of each voxel that is lesion (0 outside the liver), and that times the lesion's HU.
  std::vector<float> cover;
  std::vector<float> covered_hu;

  int64_t index(int64_t x, int64_t y, int64_t z) const { return (z * size[1] + y) * size[0] + x; }
};

// A voxel belongs to the lesion from this cover on.
inline constexpr float kLabelCover = 0.5F;

// Sigma of the point spread within the slice; across slices a voxel is the mean over the slice's thickness.
double in_plane_sigma_mm(const Ground& ground, double scanner_sigma_mm);

Stamp make_stamp(const Ground& ground, const Candidate& candidate, double sigma_mm, bool spare_vessels, Run& run);

// Replaces the liver's own parenchyma and vessels in filled.hu, keeps its noise, and marks the place as taken.
void apply_stamp(FilledGround& filled, const Stamp& stamp);

}  // namespace hepatica
