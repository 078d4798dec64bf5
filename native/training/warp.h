// Planes of bytes through an affine map, bilinear, 0 outside.
#pragma once

#include <cstdint>

#include "models/liver_cnn/network_input.h"

namespace hepatica {

struct Plane {
  const uint8_t* pixels;
  int64_t width;
  int64_t height;
};

// target(x, y) = source(map(x, y)), rounded to the nearest byte.
void warp_plane(const Plane& source, const CanvasTransform& map, int64_t width, int64_t height, uint8_t* target);

// The same with the nearest pixel's value, for labels.
void warp_plane_nearest(const Plane& source, const CanvasTransform& map, int64_t width, int64_t height,
                        uint8_t* target);

CanvasTransform inverse(const CanvasTransform& map);

}  // namespace hepatica
