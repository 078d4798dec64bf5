// Slices in space: their order along the normal, their spacing, what is missing, and the grid that results.
#pragma once

#include <optional>
#include <vector>

#include "core/geometry.h"
#include "dicom/places.h"

namespace hepatica::dicom {

// One slice of the volume: a frame, or a mixture of the frames below and above it.
struct Slot {
  FrameRef frame;
  std::optional<FrameRef> above;
  double above_weight = 0;
  double position_mm = 0;
};

struct SlicePlan {
  Geometry geometry;
  std::vector<Slot> slots;
  std::vector<FrameRef> off_grid;  // with interpolation: frames that fall between the slices
  bool gantry_tilt = false;
};

// False where the slices' normal leans more than 45 degrees from the patient's axis.
bool is_axial(const FrameRef& frame);

// `frames` sorted, each position once. Throws Error MISSING_SLICE or IRREGULAR_SPACING unless `interpolate_gaps` and
// the slices that would be mixed are of one scan; VOLUME_TOO_LARGE.
SlicePlan plan_slices(const std::vector<PlacedFrame>& frames, bool interpolate_gaps);

}  // namespace hepatica::dicom
