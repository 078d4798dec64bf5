#include "training/data/warp.h"

#include <cmath>

namespace hepatica {
namespace {

float pixel_or_zero(const Plane& source, int64_t x, int64_t y) {
  const bool inside = x >= 0 && y >= 0 && x < source.width && y < source.height;
  return inside ? static_cast<float>(source.pixels[y * source.width + x]) : 0.0F;
}

uint8_t bilinear(const Plane& source, double x, double y) {
  const double left = std::floor(x);
  const double top = std::floor(y);
  if (!(left >= -1 && top >= -1 && left < static_cast<double>(source.width) &&
        top < static_cast<double>(source.height))) {
    return 0;
  }
  const auto i = static_cast<int64_t>(left);
  const auto j = static_cast<int64_t>(top);
  const auto fx = static_cast<float>(x - left);
  const auto fy = static_cast<float>(y - top);
  float a, b, c, d;
  if (i >= 0 && j >= 0 && i + 1 < source.width && j + 1 < source.height) {
    const uint8_t* p = source.pixels + j * source.width + i;
    a = p[0], b = p[1], c = p[source.width], d = p[source.width + 1];
  } else {
    a = pixel_or_zero(source, i, j), b = pixel_or_zero(source, i + 1, j);
    c = pixel_or_zero(source, i, j + 1), d = pixel_or_zero(source, i + 1, j + 1);
  }
  const float upper = a + fx * (b - a);
  const float lower = c + fx * (d - c);
  return static_cast<uint8_t>(upper + fy * (lower - upper) + 0.5F);
}

}  // namespace

void warp_plane(const Plane& source, const CanvasTransform& map, int64_t width, int64_t height, uint8_t* target) {
  for (int64_t row = 0; row < height; ++row) {
    const double x0 = map.xy * static_cast<double>(row) + map.x0;
    const double y0 = map.yy * static_cast<double>(row) + map.y0;
    for (int64_t column = 0; column < width; ++column) {
      const auto c = static_cast<double>(column);
      *target++ = bilinear(source, map.xx * c + x0, map.yx * c + y0);
    }
  }
}

void warp_plane_nearest(const Plane& source, const CanvasTransform& map, int64_t width, int64_t height,
                        uint8_t* target) {
  for (int64_t row = 0; row < height; ++row) {
    for (int64_t column = 0; column < width; ++column) {
      const auto c = static_cast<double>(column);
      const auto r = static_cast<double>(row);
      const double x = std::floor(map.xx * c + map.xy * r + map.x0 + 0.5);
      const double y = std::floor(map.yx * c + map.yy * r + map.y0 + 0.5);
      const bool inside =
          x >= 0 && y >= 0 && x < static_cast<double>(source.width) && y < static_cast<double>(source.height);
      *target++ = inside ? source.pixels[static_cast<int64_t>(y) * source.width + static_cast<int64_t>(x)] : uint8_t{0};
    }
  }
}

CanvasTransform place_on(Point source, Point canvas, const PictureChange& change) {
  const double along = std::cos(change.angle_rad) * change.scale;
  const double across = std::sin(change.angle_rad) * change.scale;
  CanvasTransform map;
  map.xx = along * change.stretch_x;
  map.xy = -across * change.stretch_y;
  map.yx = across * change.stretch_x;
  map.yy = along * change.stretch_y;
  map.x0 = source.x - (map.xx * canvas.x + map.xy * canvas.y);
  map.y0 = source.y - (map.yx * canvas.x + map.yy * canvas.y);
  return map;
}

}  // namespace hepatica
