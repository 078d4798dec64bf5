// The numbers behind the signs that look.h cites.
#include <algorithm>
#include <cmath>

#include "synthesis/look.h"

namespace hepatica {
namespace {

// Solid tissue that hardly enhances is not much darker than unenhanced muscle; necrosis comes close to fluid.
constexpr double kLeastSolidHu = 25;
constexpr double kLeastNecroticHu = 12;
// How fine the tissue of solid lesions is.
constexpr double kLeastTextureMm = 3;
constexpr double kMostTextureMm = 8;

bool chance(double probability, Random& random) { return random.uniform() < probability; }

LesionLook draw_cyst(Random& random) {
  LesionLook look;
  look.body_hu = random.uniform(2, 18);
  look.layers = {{.hu = look.body_hu}};
  look.signs = {"fluid"};
  return look;
}

// Nodules that keep apart from one another, so that the ring stays discontinuous.
std::vector<Nodule> draw_nodules(const LesionShape& shape, double fill, Random& random) {
  std::vector<Nodule> nodules;
  const auto wanted = static_cast<size_t>(random.uniform(6, 14));
  const double radius = shape.mean_radius_mm();
  for (int attempt = 0; attempt < 120 && nodules.size() < wanted; ++attempt) {
    Nodule nodule;
    nodule.centre_mm = shape.surface_mm(random_direction(random));
    nodule.radius_mm = radius * (0.16 + 0.38 * fill) * random.uniform(0.6, 1.4);
    for (double& mm : nodule.centre_mm) mm *= 0.94 - 0.3 * fill;
    const bool apart = std::all_of(nodules.begin(), nodules.end(), [&](const Nodule& other) {
      const Vec3& a = nodule.centre_mm;
      const Vec3& b = other.centre_mm;
      return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) > 0.85 * (nodule.radius_mm + other.radius_mm);
    });
    if (apart) nodules.push_back(nodule);
  }
  return nodules;
}

// The arterial blood pool is the aorta's, which a portal venous scan does not show: its HU are set, not measured.
double blood_pool_hu(const LiverLook& liver, Random& random) {
  if (liver.phase == ContrastPhase::kArterial) return liver.blood_hu + random.uniform(20, 80);
  return liver.liver_hu + random.uniform(0.6, 1.05) * (liver.blood_hu - liver.liver_hu);
}

LesionLook draw_haemangioma(const LiverLook& liver, const LesionShape& shape, Random& random) {
  const double diameter_mm = 2 * shape.mean_radius_mm();
  LesionLook look;
  look.nodule_hu = blood_pool_hu(liver, random);
  const double dark_hu = std::max(kLeastSolidHu + 5, liver.liver_hu - random.uniform(25, 60));
  const double fill = liver.phase == ContrastPhase::kArterial ? random.uniform(0, 0.3) : random.uniform(0.1, 0.8);
  const bool cleft = chance(0.7, random) && diameter_mm >= 40;
  if (chance(0.45, random) && diameter_mm < 15) {
    look.body_hu = look.nodule_hu;
    look.layers = {{.hu = look.body_hu}};
    look.signs = {"flash filling"};
    return look;
  }
  look.body_hu = dark_hu;
  look.layers = {{.hu = dark_hu, .texture_hu = 5, .texture_mm = 6}};
  look.nodules = draw_nodules(shape, fill, random);
  look.signs = {"peripheral nodules"};
  if (cleft) {
    const double begin_mm = 0.65 * shape.mean_radius_mm();
    look.layers.push_back({.from_mm = begin_mm, .hu = random.uniform(15, 30), .waviness_mm = 0.25 * begin_mm});
    look.signs.emplace_back("cleft");
  }
  return look;
}

void add_capsule(LesionLook& look, const LiverLook& liver, Random& random) {
  const double thickness_mm = random.uniform(1, 2.5);
  look.layers.insert(look.layers.begin(), {.hu = liver.liver_hu + random.uniform(10, 35)});
  look.layers[1].from_mm = thickness_mm;
  look.signs.emplace_back("capsule");
}

LesionLook draw_hcc(const LiverLook& liver, const LesionShape& shape, Random& random) {
  const double diameter_mm = 2 * shape.mean_radius_mm();
  const bool arterial = liver.phase == ContrastPhase::kArterial;
  LesionLook look;
  const double brighter = random.uniform(20, 60);
  // The mean of two, as for metastases. Below 15 HU it would drown in most scans' noise.
  const double darker = (random.uniform(15, 50) + random.uniform(15, 50)) / 2;
  look.body_hu = arterial ? liver.liver_hu + brighter : std::max(kLeastSolidHu, liver.liver_hu - darker);
  look.signs = {arterial ? "arterial hyperenhancement" : "washout"};
  Layer body{.hu = look.body_hu,
             .sigma_mm = 0.4,
             .texture_hu = random.uniform(5, 18),
             .texture_mm = random.uniform(kLeastTextureMm, kMostTextureMm)};
  const bool mosaic = chance(0.7, random) && diameter_mm >= 20;
  const double mosaic_hu = random.uniform(8, 18);
  if (mosaic) {
    body.texture_hu = mosaic_hu;
    body.texture_mm = std::clamp(diameter_mm / 4, 6.0, 14.0);
    body.mosaic = true;
    look.signs.emplace_back("mosaic");
  }
  look.layers = {body};
  const bool necrosis = chance(0.5, random) && diameter_mm >= 40;
  if (necrosis) {
    const double begin_mm = random.uniform(0.45, 0.7) * shape.mean_radius_mm();
    look.layers.push_back(
        {.from_mm = begin_mm, .hu = random.uniform(20, 40), .sigma_mm = 1, .waviness_mm = 0.5 * begin_mm});
    look.signs.emplace_back("necrosis");
  }
  // Those that are hardly darker than the liver are recognized by it.
  const double capsule_chance = diameter_mm < 20 ? 0.35 : darker < 25 ? 0.85 : 0.6;
  if (!arterial && diameter_mm >= 10 && chance(capsule_chance, random)) add_capsule(look, liver, random);
  return look;
}

void add_rim(LesionLook& look, const LiverLook& liver, double radius_mm, Random& random) {
  const double arterial_hu = liver.liver_hu + random.uniform(5, 30);
  const double portal_hu = std::min(liver.liver_hu + 5, look.body_hu + random.uniform(12, 35));
  const double thickness_mm = std::min(6.0, radius_mm * random.uniform(0.15, 0.3));
  Layer rim = look.layers.front();
  rim.hu = liver.phase == ContrastPhase::kArterial ? arterial_hu : portal_hu;
  look.layers.front().from_mm = thickness_mm;
  look.layers.front().waviness_mm = 0.3 * thickness_mm;
  look.layers.insert(look.layers.begin(), rim);
  look.signs.emplace_back("rim");
}

LesionLook draw_metastasis(const LiverLook& liver, const LesionShape& shape, Random& random) {
  const double diameter_mm = 2 * shape.mean_radius_mm();
  LesionLook look;
  const double contrast_hu = std::clamp(liver.metastasis_contrast_hu + random.normal(5), 20.0, 70.0);
  look.body_hu = std::max(kLeastSolidHu, liver.liver_hu - contrast_hu);
  look.signs = {"hypodense"};
  look.layers = {{.hu = look.body_hu,
                  .sigma_mm = random.uniform(0.3, 1.4),
                  .texture_hu = random.uniform(6, 22),
                  .texture_mm = random.uniform(kLeastTextureMm, kMostTextureMm)}};
  if (chance(0.6, random) && diameter_mm >= 25) {
    const double begin_mm = random.uniform(0.4, 0.65) * shape.mean_radius_mm();
    const double necrosis_hu = std::max(kLeastNecroticHu, look.body_hu - random.uniform(10, 25));
    look.layers.push_back({.from_mm = begin_mm, .hu = necrosis_hu, .sigma_mm = 1.5, .waviness_mm = 0.35 * begin_mm});
    look.signs.emplace_back("necrosis");
  }
  if (liver.metastases_have_rims && diameter_mm >= 10) add_rim(look, liver, shape.mean_radius_mm(), random);
  return look;
}

}  // namespace

LesionKind lesion_kind(LesionType type) {
  switch (type) {
    case LesionType::kCyst:
      return {5, 60, {.elongation = 0.08, .bulge = 0.05, .irregularity = 0.02}};
    case LesionType::kHaemangioma:
      return {6, 70, {.elongation = 0.14, .bulge = 0.08, .irregularity = 0.04, .lobulation = 0.16}};
    case LesionType::kHcc:
      return {10, 80, {.elongation = 0.18, .bulge = 0.18, .irregularity = 0.13, .lobulation = 0.08}};
    default:
      return {5, 60, {.elongation = 0.2, .bulge = 0.2, .irregularity = 0.17}};
  }
}

LiverLook draw_liver_look(ContrastPhase phase, double liver_hu, double blood_hu, Random& random) {
  LiverLook liver{.phase = phase, .liver_hu = liver_hu, .blood_hu = blood_hu};
  // The mean of two: the middle is likelier than the ends.
  liver.metastasis_contrast_hu = (random.uniform(32, 70) + random.uniform(32, 70)) / 2;
  liver.metastases_have_rims = chance(0.55, random);
  return liver;
}

LesionLook draw_look(LesionType type, const LiverLook& liver, const LesionShape& shape, Random& random) {
  const uint64_t seed = random.bits();
  LesionLook look;
  switch (type) {
    case LesionType::kCyst:
      look = draw_cyst(random);
      break;
    case LesionType::kHaemangioma:
      look = draw_haemangioma(liver, shape, random);
      break;
    case LesionType::kHcc:
      look = draw_hcc(liver, shape, random);
      break;
    default:
      look = draw_metastasis(liver, shape, random);
  }
  look.seed = seed;
  return look;
}

}  // namespace hepatica
