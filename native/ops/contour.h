// Borders of a mask, slice by slice: Suzuki and Abe 1985 (OpenCV's findContours with RETR_CCOMP, CHAIN_APPROX_NONE).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

// The centres of the border's pixels, all of them belonging to the mask, in the order of border following: outer
// borders counter-clockwise and holes clockwise as the slice is displayed (y down). Not closed by repetition; a line
// that is one pixel wide is passed on the way there and on the way back. Foreground is 8-connected.
struct Contour {
  int64_t slice = 0;
  bool hole = false;
  // (x, y) in pixels; (0, 0) is the centre of the first pixel.
  std::vector<std::array<float, 2>> pixels;
};

// Ordered by slice, in a slice by the first pixel met in raster order.
std::vector<Contour> trace_contours(const Mask& mask, Run& run);

// The same for one slice; `slice_index` is put into the contours.
std::vector<Contour> trace_slice(const uint8_t* slice, int64_t width, int64_t height, int64_t slice_index);

}  // namespace hepatica
