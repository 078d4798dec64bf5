#include "synthesis/look.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "synthesis/smooth_noise.h"

namespace hepatica {
namespace {

// Where the blurred edge ends: 0.07 % of the lesion's contrast.
constexpr double kReachSigmas = 3.2;

// Part of an edge's far side that a Gaussian blur brings to a point `distance_mm` inside.
double blurred_step(double distance_mm, double sigma_mm) {
  return 0.5 * std::erfc(-distance_mm / (sigma_mm * std::numbers::sqrt2));
}

Vec3 divided(const Vec3& v, double by) { return {v[0] / by, v[1] / by, v[2] / by}; }

double layer_hu(const Layer& layer, uint64_t seed, const Vec3& offset_mm) {
  if (layer.texture_hu == 0) return layer.hu;
  double noise = smooth_noise(seed, divided(offset_mm, layer.texture_mm));
  if (layer.mosaic) noise = std::clamp(3 * noise, -1.0, 1.0);
  return layer.hu + layer.texture_hu * noise;
}

double cover_within(const Layer& layer, uint64_t seed, const Vec3& offset_mm, double depth_mm, double sigma_mm) {
  double distance = depth_mm - layer.from_mm;
  if (layer.waviness_mm > 0) {
    distance += layer.waviness_mm * smooth_noise(seed, divided(offset_mm, 3 * layer.waviness_mm));
  }
  return blurred_step(distance, std::hypot(sigma_mm, layer.sigma_mm));
}

double nodule_cover(const LesionLook& look, const Vec3& offset_mm, double sigma_mm) {
  double cover = 0;
  for (const Nodule& nodule : look.nodules) {
    const Vec3& c = nodule.centre_mm;
    const double distance = std::hypot(offset_mm[0] - c[0], offset_mm[1] - c[1], offset_mm[2] - c[2]);
    if (distance > 1.5 * nodule.radius_mm + kReachSigmas * sigma_mm) continue;
    const double uneven = 1 + 0.4 * smooth_noise(look.seed, divided(offset_mm, nodule.radius_mm));
    cover = std::max(cover, blurred_step(nodule.radius_mm * uneven - distance, sigma_mm));
  }
  return cover;
}

}  // namespace

double lesion_reach_mm(const LesionLook& look, double sigma_mm) {
  return kReachSigmas * std::hypot(sigma_mm, look.layers.front().sigma_mm);
}

LesionSample sample_lesion(const LesionShape& shape, const LesionLook& look, const Vec3& offset_mm, double sigma_mm) {
  const double reach = lesion_reach_mm(look, sigma_mm);
  // By far the most points of a lesion's box: not worth the outline's noise.
  if (shape.greatest_depth_mm(offset_mm) < -reach - 0.001) return {};
  const double depth = shape.depth_mm(offset_mm);
  if (depth <= -reach) return {};
  LesionSample sample;
  sample.cover = cover_within(look.layers.front(), look.seed, offset_mm, depth, sigma_mm);
  double rest = sample.cover;
  for (size_t i = 0; i < look.layers.size(); ++i) {
    const uint64_t seed = look.seed + i + 1;
    const double inner = i + 1 == look.layers.size()
                             ? 0
                             : std::min(rest, cover_within(look.layers[i + 1], seed, offset_mm, depth, sigma_mm));
    if (rest > inner) sample.covered_hu += (rest - inner) * layer_hu(look.layers[i], seed + 1000, offset_mm);
    rest = inner;
  }
  if (!look.nodules.empty()) {
    const double nodule = nodule_cover(look, offset_mm, sigma_mm);
    sample.covered_hu += nodule * (sample.cover * look.nodule_hu - sample.covered_hu);
  }
  return sample;
}

}  // namespace hepatica
