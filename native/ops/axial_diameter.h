// How long and wide a lesion is in one slice: the longest axial diameter (RECIST 1.1), and the longest one
// perpendicular to it (WHO 1979).
#pragma once

#include <cstdint>

namespace hepatica {

// Pixels that are not 0 are inside, in one piece or several.
struct PixelSlice {
  const uint8_t* pixels = nullptr;
  int64_t width = 0;
  int64_t height = 0;
  double spacing_x_mm = 1;
  double spacing_y_mm = 1;

  bool inside(int64_t x, int64_t y) const {
    return x >= 0 && y >= 0 && x < width && y < height && pixels[y * width + x] != 0;
  }
};

struct AxialDiameter {
  double longest_mm = 0;
  // Its direction, unit length.
  double along_x = 0;
  double along_y = 0;
};

// Measured between the middles of the pixels' edges (as scikit-image's feret_diameter_max): a row of n pixels is n
// pixels long, a single one is as long as its longer side. It may leave a lesion with hollows, or in pieces, in
// between. 0 where the slice is empty.
AxialDiameter axial_diameter(const PixelSlice& slice);

// The longest chord at right angles to `diameter` that lies inside all the way, wherever it crosses it: inside the
// outline that joins the middles of the pixels' edges (marching squares, pixels that touch at a corner belonging
// together).
double perpendicular_chord_mm(const PixelSlice& slice, const AxialDiameter& diameter);

// Whether RECIST 1.1 takes a lesion of this longest axial diameter for measurable (Eisenhauer et al., Eur J Cancer
// 2009; 45: 228): 10 mm and more, and twice the slices' thickness where that is over 5 mm.
bool is_recist_measurable(double longest_mm, double slice_mm);

}  // namespace hepatica
