// The patient in a CT volume, looked at coarsely: how large the body is, where it lies, what surrounds it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

// Positions in pixels of the slice.
struct SliceBody {
  // The body with the air inside; 0 where there is no body, and all else is 0 then.
  double area_mm2 = 0;
  double air_inside_mm2 = 0;
  double centre_x = 0;
  double centre_y = 0;
  // Where the centre of those as dense as bone lies.
  double bone_centre_y = 0;
  // Of the directions seen from the centre: in how many bone lies within 25 mm of the body's outline.
  double shell_share = 0;
};

struct BodyStatistics {
  std::vector<SliceBody> slices;
  // Correlation of neighbours along x and y over the volume: near 1 in pictures, 0 in noise. 1 where all is equal.
  double neighbour_correlation = 1;
  // The mean difference of neighbouring slices, relative to that of slices half the volume apart: small in a stack that
  // is in order, 1 in a shuffled one. 0 with fewer than 10 slices, or where
  // neighbours differ little more than pixels side by side, as in a phantom whose slices are all alike.
  double slice_disorder = 0;
};

struct BodyLimits {
  // Above it is body: fat is inside, lung and air are not.
  double body_hu = -150;
  // Above it is bone: windowed copies reach it too, and enhanced vessels as well.
  double bone_hu = 200;
};

// The body: the largest 4-connected part of each slice above `body_hu`, with its holes filled. `coarse` is canonical
// (ops/orient.h) and has pixels of about 3 mm.
BodyStatistics body_statistics(const Volume& coarse, const BodyLimits& limits, Run& run);

}  // namespace hepatica
