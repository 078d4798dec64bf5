#include "synthesis/shape.h"

#include <doctest/doctest.h>

using namespace hepatica;

TEST_CASE("what is quickly known of an outline agrees with its depth") {
  Random random(5, {});
  for (int i = 0; i < 50; ++i) {
    const LesionShape shape(random.uniform(4, 60), {0.2, 0.15, 0.05, 0.15}, random);
    const Vec3 half = shape.half_extent_mm();
    for (int point = 0; point < 200; ++point) {
      Vec3 offset{};
      for (int axis = 0; axis < 3; ++axis) offset[axis] = random.uniform(-1.3, 1.3) * half[axis];
      const double depth = shape.depth_mm(offset);
      CHECK(depth <= shape.greatest_depth_mm(offset) + 1e-9);
      CHECK(shape.contains(offset) == (depth > 0));
    }
    CHECK(shape.contains({0, 0, 0}));
  }
}
