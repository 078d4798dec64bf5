// Planes of bytes through an affine map, bilinear, 0 outside; and how a training picture is laid on its source.
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

// How a picture is changed: source pixels in a canvas pixel, along the canvas' axes (negative: mirrored), then turned.
struct PictureChange {
  double scale = 1;
  double stretch_x = 1;
  double stretch_y = 1;
  double angle_rad = 0;
};

struct Point {
  double x = 0;
  double y = 0;
};

// The changed picture whose canvas has `source` at `canvas`.
CanvasTransform place_on(Point source, Point canvas, const PictureChange& change = {});

}  // namespace hepatica
