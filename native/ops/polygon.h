// Polygons to pixels: the area between border pixel coordinates (paper, Training).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/run.h"
#include "core/volume.h"
#include "ops/contour.h"

namespace hepatica {

// What happens to pixels whose centre lies on the polygon's line.
enum class PolygonBorder { kInside, kOutside };

// Sets the pixels whose centre is inside by the even-odd rule (and, with kInside, on the line) to `value`. Points are
// (x, y) in pixels with (0, 0) at the centre of the first pixel, may lie outside the slice, and are closed implicitly.
// Non-finite points throw INVALID_VALUE (field "points"). One or two points draw their line with kInside, nothing else.
void rasterize_polygon(std::span<const std::array<float, 2>> points, PolygonBorder border, uint8_t value, int64_t width,
                       int64_t height, uint8_t* slice);

// The inverse of trace_contours: outer borders set their area, holes clear what is strictly inside theirs, the larger
// area first, so that an island in a hole survives. Contours whose slice is outside throw INVALID_VALUE.
Mask rasterize_contours(std::span<const Contour> contours, const Geometry& geometry, Run& run);

}  // namespace hepatica
