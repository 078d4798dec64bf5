// Closed contours of a mask's slice from which every reader gets the same mask back.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace hepatica::dicom {

// x and y in pixels, centres at integers; closed without repetition.
using Contour = std::vector<std::array<double, 2>>;

// The outlines of what `inside` says is inside, pixels joined at their faces; a hole is joined to the outline around it
// by a channel of no width (keyhole) along a row. The lines run 0.3 pixels beyond the border pixels' centres: whoever
// asks whether a pixel's centre lies inside, and whoever rounds to pixels and fills with the border, both get the mask.
std::vector<Contour> keyhole_contours(int64_t width, int64_t height,
                                      const std::function<bool(int64_t x, int64_t y)>& inside);

}  // namespace hepatica::dicom
