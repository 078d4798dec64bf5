// Where frames lie along their common normal, and how far apart.
#pragma once

#include <vector>

#include "core/geometry.h"
#include "dicom/group.h"

namespace hepatica::dicom {

struct PlacedFrame {
  FrameRef frame;
  double position_mm = 0;  // along the slice normal
};

struct Axes {
  Vec3 row;
  Vec3 column;
  Vec3 normal;
};

// Orthonormal again: the file's cosines are rounded.
Axes axes_of(const FrameRef& frame);

// Sorted by position along row x column of the first frame (PS3.3 C.7.6.2.1.1), never by name or number. The frames
// share an orientation.
std::vector<PlacedFrame> place_frames(const std::vector<FrameRef>& frames);

// `frames` sorted, two at least.
double median_step(const std::vector<PlacedFrame>& frames);

// How far a slice may lie from its place on an even grid.
double tolerance_of(double spacing);

// Whether all steps of the sorted frames are the same within that tolerance.
bool has_even_steps(const std::vector<PlacedFrame>& frames);

// Up to this distance two of the sorted frames are at one place: a slice read twice is often some tenths of a
// millimetre off, but never as far as the neighbouring slice.
double same_place_mm(const std::vector<PlacedFrame>& frames);

// Of all frames the position that most others lie a whole number of spacings away from, within the tolerance.
double best_anchor(const std::vector<PlacedFrame>& frames, double spacing, double tolerance);

}  // namespace hepatica::dicom
