#include "pipelines/perimeters.h"

#include <utility>

#include "ops/contour.h"

namespace hepatica {

std::vector<Perimeter> trace_perimeters(const Mask& mask, Run& run) {
  std::vector<Perimeter> perimeters;
  for (const Contour& contour : trace_contours(mask, run)) {
    Perimeter perimeter{contour.slice, contour.hole, {}, {}};
    for (const auto& [x, y] : contour.pixels) {
      perimeter.pixels.insert(perimeter.pixels.end(), {x, y});
      for (const double mm : mask.geometry.position_mm({x, y, static_cast<double>(contour.slice)})) {
        perimeter.mm.push_back(static_cast<float>(mm));
      }
    }
    perimeters.push_back(std::move(perimeter));
  }
  return perimeters;
}

}  // namespace hepatica
