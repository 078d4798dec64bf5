#include "ops/depth.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace hepatica;

namespace {

template <class Inside>
Mask mask_of(const Size3& size, const Vec3& spacing_mm, Inside&& inside) {
  Mask mask{{size, spacing_mm}, {}};
  for (int64_t z = 0; z < size[2]; ++z) {
    for (int64_t y = 0; y < size[1]; ++y) {
      for (int64_t x = 0; x < size[0]; ++x) mask.voxels.push_back(inside(x, y, z) ? 1 : 0);
    }
  }
  return mask;
}

std::optional<double> depth_of(const Mask& whole, const Mask& part) {
  Run run;
  return depth_mm(whole, part, 1, *bounding_box(part), run);
}

}  // namespace

TEST_CASE("the depth of a ball in a ball, near its surface and far from it") {
  const Size3 size = {90, 90, 36};
  const Vec3 spacing_mm = {1, 1, 2.5};
  const auto ball = [&](double x0, double radius_mm) {
    return mask_of(size, spacing_mm, [=](int64_t x, int64_t y, int64_t z) {
      const double dx = static_cast<double>(x) - x0;
      const double dy = static_cast<double>(y) - 45;
      const double dz = 2.5 * (static_cast<double>(z) - 18);
      return std::sqrt(dx * dx + dy * dy + dz * dz) <= radius_mm;
    });
  };
  const Mask whole = ball(45, 40);
  // The centre of a ball of 6 mm that lies 20 mm beside the middle is 20 mm from the surface.
  CHECK(depth_of(whole, ball(65, 6)).value() == doctest::Approx(14).epsilon(0.1));
  CHECK(depth_of(whole, ball(45, 6)).value() == doctest::Approx(34).epsilon(0.08));
  CHECK(depth_of(whole, ball(79, 6)).value() == 0);
}

TEST_CASE("where the volume cuts the mask is no surface") {
  const Size3 size = {40, 40, 5};
  const Mask whole = mask_of(size, {1, 1, 1}, [](int64_t x, int64_t, int64_t) { return x < 30; });
  const Mask part =
      mask_of(size, {1, 1, 1}, [](int64_t x, int64_t y, int64_t z) { return x == 4 && y == 0 && z == 0; });
  CHECK(depth_of(whole, part).value() == 25);
  const Mask full = mask_of(size, {1, 1, 1}, [](int64_t, int64_t, int64_t) { return true; });
  CHECK_FALSE(depth_of(full, part).has_value());
}
