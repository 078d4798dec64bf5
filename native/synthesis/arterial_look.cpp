#include "synthesis/arterial_look.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace hepatica {
namespace {

// Beyond what 2.4 times the liver is, an aorta counts as arterial (docs/contrast-phase.md).
constexpr double kAortaOverLiver = 2.6;
constexpr double kHypervascularMetastases = 0.15;
constexpr double kHyperenhancingHccs = 0.85;
constexpr double kShownNodules = 0.75;

bool chance(double probability, Random& random) { return random.uniform() < probability; }

bool shows(const LesionLook& look, const char* sign) {
  return std::find(look.signs.begin(), look.signs.end(), sign) != look.signs.end();
}

double blood_hu(const ArterialLiver& liver, Random& random) {
  return liver.liver_hu + random.uniform(0.45, 0.95) * (liver.aorta_hu - liver.liver_hu);
}

LesionLook draw_haemangioma(LesionLook look, const ArterialLiver& liver, Random& random) {
  look.nodule_hu = blood_hu(liver, random);
  if (look.nodules.empty()) {
    look.body_hu = look.layers.front().hu = look.nodule_hu;
    return look;
  }
  look.body_hu = look.layers.front().hu = std::min(look.body_hu, random.uniform(38, 52));
  std::vector<Nodule> shown;
  for (Nodule nodule : look.nodules) {
    nodule.radius_mm *= random.uniform(0.4, 0.8);
    for (double& mm : nodule.centre_mm) mm *= 1.08;
    if (chance(kShownNodules, random)) shown.push_back(nodule);
  }
  look.nodules = std::move(shown);
  return look;
}

LesionLook draw_hcc(LesionLook look, const ArterialLiver& liver, Random& random) {
  const bool bright = chance(kHyperenhancingHccs, random);
  const double brighter = bright ? random.uniform(15, 70) : random.uniform(-15, 8);
  look.body_hu = liver.liver_hu + brighter;
  const bool capsule = shows(look, "capsule");
  look.layers[capsule ? 1 : 0].hu = look.body_hu;
  if (capsule) look.layers.front().hu = look.body_hu;
  std::erase_if(look.signs, [](const std::string& sign) { return sign == "capsule" || sign == "washout"; });
  look.signs.insert(look.signs.begin(), bright ? "arterial hyperenhancement" : "no arterial hyperenhancement");
  return look;
}

LesionLook draw_metastasis(LesionLook look, const ArterialLiver& liver, Random& random) {
  const double lower = random.uniform(0, 15);
  const double brighter = random.uniform(10, 45);
  const double rim = random.uniform(5, 40);
  const bool hyper = liver.has_hypervascular_metastases;
  const double dark_hu = std::min(std::max(look.body_hu - lower, 22.0), liver.liver_hu - 5);
  look.body_hu = hyper ? liver.liver_hu + brighter : dark_hu;
  const bool has_rim = shows(look, "rim");
  look.layers[has_rim ? 1 : 0].hu = look.body_hu;
  if (has_rim) look.layers.front().hu = std::max(look.body_hu, liver.liver_hu + rim);
  if (hyper) look.signs.front() = "hypervascular";
  return look;
}

}  // namespace

ArterialLiver draw_arterial_liver(double portal_liver_hu, Random& random) {
  ArterialLiver liver;
  liver.liver_hu = portal_liver_hu - random.uniform(25, 50);
  liver.vein_hu = random.uniform(45, 120);
  liver.aorta_hu = std::max(random.uniform(240, 380), kAortaOverLiver * liver.liver_hu);
  liver.has_hypervascular_metastases = chance(kHypervascularMetastases, random);
  return liver;
}

LesionLook arterial_look(LesionType type, const LesionLook& portal, const ArterialLiver& liver, Random& random) {
  switch (type) {
    case LesionType::kHaemangioma:
      return draw_haemangioma(portal, liver, random);
    case LesionType::kHcc:
      return draw_hcc(portal, liver, random);
    case LesionType::kMetastasis:
      return draw_metastasis(portal, liver, random);
    default:
      return portal;
  }
}

}  // namespace hepatica
