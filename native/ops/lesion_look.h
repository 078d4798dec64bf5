// What a lesion looks like beside its size and grey: how round it is, and how sharply it sets itself off.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "ops/bounding_box.h"

namespace hepatica {

struct LesionMorphology {
  // The surface of a sphere of the same volume over the lesion's (IBSI, "sphericity"), which is taken for two thirds of
  // the area of its voxels' outer faces: their mean over all directions of a smooth surface (Cauchy). 1 for a sphere of
  // many voxels; a few voxels, and plates along the axes, reach 1.2.
  double sphericity = 0;
  // Margin sharpness (after Xu et al., Med Phys 2012; 39: 5405): how steeply HU go from the organ's to the core's
  // across the outline within the slice, HU/mm in the mean, over the contrast of the core with the organ about it, HU:
  // of an edge that rises evenly over 4 mm 0.25. The contrast counts as 5 HU at least. Noise has no part in the mean;
  // below 0 where the outline is none. None where core, edge or organ is missing.
  std::optional<double> sharpness_per_mm;
};

// What a voxel is to one lesion.
enum class Tissue : uint8_t { kOther, kOrgan, kLesion };

// A lesion and what lies around it. Order (z, y, x); `hu` may be infinite or NaN.
struct LesionCrop {
  Size3 size;
  Vec3 spacing_mm;
  std::vector<float> hu;
  std::vector<Tissue> tissue;
};

// The box, widened within the slice by as much as look_of() looks at, where the volume reaches so far.
BoundingBox surroundings_of(const BoundingBox& lesion, const Geometry& geometry);

// `tissue_of(index)`: of a voxel, counted from the volume's first.
template <class TissueOf>
LesionCrop crop_about(const Volume& volume, const BoundingBox& box, TissueOf&& tissue_of) {
  const Geometry& geometry = volume.geometry;
  LesionCrop crop;
  crop.spacing_mm = geometry.spacing_mm;
  for (size_t axis = 0; axis < 3; ++axis) crop.size[axis] = box.max[axis] - box.min[axis] + 1;
  const auto voxels = static_cast<size_t>(crop.size[0] * crop.size[1] * crop.size[2]);
  crop.hu.reserve(voxels);
  crop.tissue.reserve(voxels);
  std::visit(
      [&](const auto& hu) {
        for (int64_t z = box.min[2]; z <= box.max[2]; ++z) {
          for (int64_t y = box.min[1]; y <= box.max[1]; ++y) {
            const int64_t row = (z * geometry.size[1] + y) * geometry.size[0];
            for (int64_t x = box.min[0]; x <= box.max[0]; ++x) {
              crop.hu.push_back(static_cast<float>(hu[row + x]));
              crop.tissue.push_back(tissue_of(row + x));
            }
          }
        }
      },
      volume.hu);
  return crop;
}

// Of a crop with one voxel of the lesion or more.
LesionMorphology look_of(const LesionCrop& crop, Run& run);

}  // namespace hepatica
