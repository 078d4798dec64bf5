#include "ops/lesion_look.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "synthetic.h"

using namespace hepatica;

namespace {

constexpr Size3 kSize = {64, 60, 30};
constexpr Vec3 kSpacing = {1, 1, 1.5};
constexpr double kLiverHu = 100;
constexpr double kCoreHu = 40;

// An ellipsoid of 40 HU in an organ of 100, whose edge rises evenly over `edge_mm` along each radius.
LesionCrop ellipsoid(const Vec3& radii_mm, double edge_mm) {
  LesionCrop crop{kSize, kSpacing, {}, {}};
  for (int64_t z = 0; z < kSize[2]; ++z) {
    for (int64_t y = 0; y < kSize[1]; ++y) {
      for (int64_t x = 0; x < kSize[0]; ++x) {
        const Vec3 at = {static_cast<double>(x) - 32, static_cast<double>(y) - 30, 1.5 * (static_cast<double>(z) - 15)};
        const double radius = std::hypot(at[0] / radii_mm[0], at[1] / radii_mm[1], at[2] / radii_mm[2]);
        const double outside = std::clamp((radius - 1) * radii_mm[0] / edge_mm + 0.5, 0.0, 1.0);
        crop.hu.push_back(static_cast<float>(kCoreHu + (kLiverHu - kCoreHu) * outside));
        crop.tissue.push_back(radius <= 1 ? Tissue::kLesion : Tissue::kOrgan);
      }
    }
  }
  return crop;
}

LesionMorphology look_at(const LesionCrop& crop) {
  Run run;
  return look_of(crop, run);
}

}  // namespace

TEST_CASE("a ball is round, what is long or flat is less so") {
  CHECK(look_at(ellipsoid({12, 12, 12}, 4)).sphericity == doctest::Approx(1).epsilon(0.04));
  // Surfaces by Knud Thomsen's formula, within 1.1 %.
  const auto expected = [](double a, double b, double c) {
    const double p = 1.6075;
    const double mean = (std::pow(a * b, p) + std::pow(a * c, p) + std::pow(b * c, p)) / 3;
    return std::pow(a * b * c, 2.0 / 3) / std::pow(mean, 1 / p);
  };
  // Faces count a flat side once and an aslant one more: two thirds of them is right over all directions alone.
  CHECK(look_at(ellipsoid({24, 8, 8}, 4)).sphericity == doctest::Approx(expected(24, 8, 8)).epsilon(0.1));
  CHECK(look_at(ellipsoid({20, 20, 5}, 4)).sphericity == doctest::Approx(expected(20, 20, 5)).epsilon(0.15));
}

TEST_CASE("sharpness is the part of the contrast that a millimetre of the edge has") {
  CHECK(look_at(ellipsoid({15, 15, 15}, 4)).sharpness_per_mm.value() == doctest::Approx(0.25).epsilon(0.05));
  CHECK(look_at(ellipsoid({15, 15, 15}, 8)).sharpness_per_mm.value() == doctest::Approx(0.125).epsilon(0.1));
}

TEST_CASE("the contrast does not change it, and infinite values are left out") {
  LesionCrop crop = ellipsoid({15, 15, 15}, 4);
  const double sharpness = look_at(crop).sharpness_per_mm.value();
  for (float& hu : crop.hu) hu = 3 * hu - 40;
  CHECK(look_at(crop).sharpness_per_mm.value() == doctest::Approx(sharpness).epsilon(1e-4));
  crop.hu[(15 * kSize[1] + 30) * kSize[0] + 32] = std::numeric_limits<float>::infinity();
  crop.hu[(15 * kSize[1] + 30) * kSize[0] + 10] = std::numeric_limits<float>::quiet_NaN();
  CHECK(look_at(crop).sharpness_per_mm.value() == doctest::Approx(sharpness).epsilon(1e-3));
}

TEST_CASE("noise does not make an edge sharper") {
  LesionCrop crop = ellipsoid({15, 15, 15}, 4);
  const double sharpness = look_at(crop).sharpness_per_mm.value();
  hepatica::test::Noise noise(7);
  // Uniform, +-26 HU: a standard deviation of 15.
  for (float& hu : crop.hu) hu += static_cast<float>(noise.next() % 53 - 26);
  CHECK(look_at(crop).sharpness_per_mm.value() == doctest::Approx(sharpness).epsilon(0.1));
}

TEST_CASE("where no organ lies about it nothing can be compared") {
  LesionCrop crop = ellipsoid({15, 15, 15}, 4);
  std::replace(crop.tissue.begin(), crop.tissue.end(), Tissue::kOrgan, Tissue::kOther);
  CHECK_FALSE(look_at(crop).sharpness_per_mm.has_value());
  const LesionCrop single{{1, 1, 1}, kSpacing, {50}, {Tissue::kLesion}};
  const LesionMorphology look = look_at(single);
  CHECK_FALSE(look.sharpness_per_mm.has_value());
  CHECK(look.sphericity > 0.8);
}

TEST_CASE("surroundings reach 10 mm within the slice, inside the volume") {
  const BoundingBox box = surroundings_of({{20, 3, 0}, {30, 5, 4}}, {{100, 100, 6}, {0.8, 0.8, 3}});
  CHECK(box.min == Size3{6, 0, 0});
  CHECK(box.max == Size3{44, 19, 4});
  // As small as a hostile file says.
  CHECK(surroundings_of({{1, 2, 0}, {1, 2, 0}}, {{10, 10, 1}, {1e-300, 1e-300, 1}}).max == Size3{9, 9, 0});
}
