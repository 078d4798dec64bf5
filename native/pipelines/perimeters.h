// The outlines of a mask, in pixels and in mm (paper: "the predicted perimeter").
#pragma once

#include <cstdint>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "ops/contour.h"

namespace hepatica {

// A closed outline in one slice of the mask's grid.
struct Perimeter {
  int64_t slice = 0;
  bool hole = false;
  // x0, y0, x1, y1, … : centres of the border pixels, in pixels.
  std::vector<float> pixels;
  // x0, y0, z0, … : the same in mm, LPS.
  std::vector<float> mm;
};

// `geometry`: of the mask.
Perimeter perimeter_of(const Contour& contour, const Geometry& geometry);

// In the order of the slices; what is not 0 is inside.
std::vector<Perimeter> trace_perimeters(const Mask& mask, Run& run);

}  // namespace hepatica
