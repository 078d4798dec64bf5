// How bright the aorta is beside the liver: what tells best when contrast medium was given.
#pragma once

#include <optional>

#include "core/run.h"
#include "core/volume.h"
#include "ops/body_statistics.h"

namespace hepatica {

struct Aorta {
  double median_hu = 0;
  // A voxel in its middle, in a slice that shows the median.
  Vec3 place = {0, 0, 0};
};

// The aorta in the slices of the liver's upper half, where it lies free in front and to the left of the spine: there,
// from slice to slice, an even disc is followed that its surroundings stand off from all around. Nullopt where most
// slices show none, or what they show differs. `coarse`, `liver`: canonical (ops/orient.h), pixels of about 3 mm, on
// one grid, on which `body` was measured.
std::optional<Aorta> find_aorta(const Volume& coarse, const Mask& liver, const BodyStatistics& body, Run& run);

}  // namespace hepatica
