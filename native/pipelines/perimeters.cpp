#include "pipelines/perimeters.h"

namespace hepatica {

Perimeter perimeter_of(const Contour& contour, const Geometry& geometry) {
  Perimeter perimeter{contour.slice, contour.hole, {}, {}};
  for (const auto& [x, y] : contour.pixels) {
    perimeter.pixels.insert(perimeter.pixels.end(), {x, y});
    for (const double mm : geometry.position_mm({x, y, static_cast<double>(contour.slice)})) {
      perimeter.mm.push_back(static_cast<float>(mm));
    }
  }
  return perimeter;
}

std::vector<Perimeter> trace_perimeters(const Mask& mask, Run& run) {
  std::vector<Perimeter> perimeters;
  for (const Contour& contour : trace_contours(mask, run)) perimeters.push_back(perimeter_of(contour, mask.geometry));
  return perimeters;
}

}  // namespace hepatica
