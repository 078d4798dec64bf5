// How long and wide a lesion is in one slice (RECIST 1.1: the longest axial diameter; WHO: its perpendicular).
#pragma once

#include <cstdint>

namespace hepatica {

struct AxialDiameter {
  double longest_mm = 0;
  // The extent perpendicular to the longest diameter, in the same slice.
  double perpendicular_mm = 0;
};

// What is not 0 is inside, in one piece or several. Measured on the convex hull of the middles of the pixels' edges (as
// scikit-image's feret_diameter_max): a row of n pixels is n pixels long, a single one is as long as its longer side.
// 0 where the slice is empty.
AxialDiameter axial_diameter(const uint8_t* slice, int64_t width, int64_t height, double spacing_x_mm,
                             double spacing_y_mm);

}  // namespace hepatica
