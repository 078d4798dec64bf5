// How deep a part of a mask lies under the mask's surface.
#pragma once

#include <cstdint>
#include <optional>

#include "core/run.h"
#include "core/volume.h"
#include "ops/bounding_box.h"

namespace hepatica {

// The least distance, mm, from the voxels of value `id` in `parts`, which lie in `box`, to the surface of `whole`: its
// voxels (non-zero) with a face neighbour outside of it. 0 where the part reaches the surface. Where the volume cuts
// the mask is no surface; nullopt where there is none. Of a stack that leans, as if it stood upright.
std::optional<double> depth_mm(const Mask& whole, const Mask& parts, uint8_t id, const BoundingBox& box, Run& run);

}  // namespace hepatica
