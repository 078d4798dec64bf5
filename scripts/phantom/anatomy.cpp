#include "anatomy.h"

#include <algorithm>

#include "noise.h"
#include "organs.h"

namespace hepatica::phantom {
namespace {

constexpr double kPi = 3.14159265358979323846;

// Hounsfield units of the portal venous phase, 70 s after injection.
constexpr double kFat = -105, kSkin = 10, kMuscle = 60, kLung = -850, kGas = -960;
constexpr double kCortical = 620, kSpongy = 210, kDisc = 85, kMarrowFluid = 30;
constexpr double kLiver = 112, kSpleen = 124, kPancreas = 98, kGallbladder = 9, kBlood = 148, kPortalBlood = 168;
constexpr double kRenalCortex = 195, kRenalMedulla = 150, kWall = 88, kContent = 22, kStool = 40;

// Blends a tissue over what lies there; the border is as wide as a pixel.
void paint(double& hu, double value, double distance_mm) {
  hu += (value - hu) * std::clamp(0.5 - distance_mm / 1.5, 0.0, 1.0);
}

// Bends space a little, so that no organ is a perfect ellipsoid.
Point bend(const Point& p) {
  return {p.x + 3.5 * smooth_noise(11, p, 45) + 1.2 * smooth_noise(12, p, 18),
          p.y + 3.5 * smooth_noise(13, p, 45) + 1.2 * smooth_noise(14, p, 18), p.z + 3.0 * smooth_noise(15, p, 50)};
}

void paint_table(double& hu, const Point& p) {
  const double sag = 1.0e-3 * p.x * p.x;
  const double top = p.y - (119 - 0.55 * sag);
  if (std::abs(p.x) > 205) return;
  paint(hu, -880, std::max(-top, top - 26));
  paint(hu, -60, std::abs(top) - 1.0);
  paint(hu, -60, std::abs(top - 26) - 1.0);
}

void paint_wall(double& hu, const Point& p, double depth) {
  paint(hu, kSkin, -depth);
  paint(hu, kFat + 6 * smooth_noise(21, p, 9), 2.0 - depth);
  const double fascia = fat_thickness(p);
  paint(hu, kMuscle + 4 * smooth_noise(22, p, 6), fascia - depth);
  // Fat between the layers of the flank's muscles.
  const double flank = std::abs(depth - fascia - 5) - 0.5;
  paint(hu, -30, std::max(flank, 60 - std::abs(p.x)));
  paint(hu, kFat + 8 * smooth_noise(23, p, 12), cavity(p));
}

void paint_back_muscles(double& hu, const Point& p) {
  const double side = std::abs(p.x);
  paint(hu, kMuscle + 5 * smooth_noise(24, p, 7), column({side, p.y, 0}, 36, 84, 29, 17));
  const double psoas = ellipsoid({side, p.y, p.z}, {33, 56, -10}, {15, 15, 58});
  paint(hu, kMuscle + 3 * smooth_noise(25, p, 7), psoas);
  paint(hu, kMuscle, std::max(column({side, p.y, 0}, 11, 38, 9, 5), 60 - p.z));  // crura of the diaphragm
}

void paint_bone(double& hu, const Point& p, double outline) {
  paint(hu, kCortical, outline);
  paint(hu, kSpongy + 40 * smooth_noise(31, p, 4), outline + 2.2);
}

void paint_spine(double& hu, const Point& p) {
  const double level = p.z / 31.0 - std::floor(p.z / 31.0);
  const bool is_disc = level < 0.24;
  const double waist = is_disc ? 0 : 2.0 * std::sin(kPi * (level - 0.24) / 0.76);
  const double vertebra = column(p, 0, 56, 22 - waist, 17 - waist);
  if (is_disc) {
    paint(hu, kDisc, vertebra);
  } else {
    paint_bone(hu, p, vertebra);
  }
  const Point mirrored = {std::abs(p.x), p.y, p.z};
  const double arch = std::max(column(p, 0, 80, 15, 12), -column(p, 0, 80, 9, 8));
  paint_bone(hu, p, arch);
  if (!is_disc) {
    paint_bone(hu, p, tube({mirrored.x, p.y, 0}, {10, 76, 0}, {36, 79, 0}, 5.5, 3.5));
    paint_bone(hu, p, tube({p.x, p.y, 0}, {0, 90, 0}, {0, 101, 0}, 4.0, 2.8));
  }
  paint(hu, kMarrowFluid, column(p, 0, 80, 9, 8));
}

// Ribs run down and forward in the wall; their ends are cartilage.
void paint_ribs(double& hu, const Point& p, double depth) {
  const double angle = std::atan2(std::abs(p.x) / kBodyWidth, p.y / kBodyDepth);  // 0 at the back, pi in front
  const double middle = fat_thickness(p) + 8 - depth;
  for (int rib = 0; rib < 8; ++rib) {
    const double end = rib == 0 ? 1.3 : rib == 1 ? 1.9 : 2.6;
    const double height = 34 + 30 * rib - 40 * (angle - 0.5) * std::sin(std::min(angle, 2.2) / 1.6);
    const double across = (p.z - height) * 0.8;
    const double outline = std::sqrt(middle * middle * 1.9 + across * across) - 6.0;
    const double limits = std::max(0.32 - angle, angle - end) * 100;
    paint_bone(hu, p, smooth_common(outline, limits, 6));
    if (rib > 1) paint(hu, 130, smooth_common(outline + 1, std::max(end - angle, angle - 2.95) * 100, 6));
  }
}

void paint_chest(double& hu, const Point& p) {
  const double dome = diaphragm(p);
  const double above = 94 - 0.26 * p.y - p.z;
  const double chest = smooth_common(cavity(p), above, 8);
  paint(hu, kMuscle, smooth_common(chest, dome - 3.0, 2));
  const double lung = smooth_common(chest + 1.5, 2.5 - dome, 3);
  paint(hu, kLung + 25 * smooth_noise(41, p, 14), lung);
  for (const auto& vessel : lung_vessels()) paint(hu, 20, std::max(tube(p, vessel), lung + 2));
  const double heart = ellipsoid(p, {22, -38, 152}, {62, 46, 34});
  paint(hu, kMuscle + 30, smooth_common(heart, -dome, 3));
  paint(hu, kBlood, smooth_common(heart + 10, 3 - dome, 4));
}

void paint_hollow(double& hu, const Point& p, const Bowel& bowel) {
  const double outer = bowel.distance(p);
  paint(hu, kWall, outer);
  const double lumen = outer + 2.6;
  paint(hu, bowel.has_stool ? kStool + 60 * smooth_noise(51, p, 6) : kContent, lumen);
  // The patient lies on the back: gas rises to the front and leaves a level.
  paint(hu, kGas, std::max(lumen, p.y - bowel.gas_level));
}

void paint_kidney(double& hu, const Point& p, double side) {
  const double kidney = kidney_distance(p, side);
  paint(hu, kFat, kidney - 5);
  paint(hu, kRenalCortex, kidney);
  const double pyramids = kidney + 7 + 2.5 * smooth_noise(61, p, 10);
  paint(hu, kRenalMedulla, pyramids);
  paint(hu, -70, renal_sinus(p, side));
}

void paint_retroperitoneum(double& hu, const Point& p) {
  paint_kidney(hu, p, -1);
  paint_kidney(hu, p, 1);
  paint(hu, kPancreas + 12 * smooth_noise(62, p, 5), pancreas(p) + 1.6 * smooth_noise(63, p, 6));
  paint(hu, kMuscle, std::max(column(p, 16, 20, 8, 7), 92 - p.z));  // oesophagus
  paint(hu, kBlood + 6, column(p, 9, 28, 10.5, 10.5));              // aorta
  paint(hu, kBlood - 8, vena_cava(p));
  for (const auto& vessel : mesenteric_vessels()) paint(hu, kPortalBlood - 8, tube(p, vessel));
}

double lesion_hu(const Lesion& lesion, const Point& p, double depth) {
  if (lesion.type == "CYS") return 6;
  if (lesion.type == "ANG") {
    // Peripheral nodules that fill in from the rim.
    const double nodules = smooth_noise(71, p, 7);
    return depth < 6 && nodules > -0.15 ? 162 : 78;
  }
  if (lesion.type == "HCC") return depth < 2.2 ? 134 : 84 + 14 * smooth_noise(72, p, 8);  // capsule, washout, mosaic
  return depth < 4 ? 82 : 52 + 8 * smooth_noise(73, p, 7);                                // MET: faint rim
}

void paint_liver(Tissue& tissue, const Point& p) {
  const double liver = liver_distance(p);
  paint(tissue.hu, kLiver + 4 * smooth_noise(81, p, 12), liver);
  for (const auto& vein : hepatic_veins()) paint(tissue.hu, kPortalBlood - 10, std::max(tube(p, vein), liver + 1));
  for (const auto& branch : portal_branches()) paint(tissue.hu, kPortalBlood, tube(p, branch));
  for (size_t i = 0; i < lesions().size(); ++i) {
    const Lesion& lesion = lesions()[i];
    const double rough = lesion.type == "CYS" ? 0 : 1.8 * smooth_noise(90 + i, p, 7);
    const double outline = ellipsoid(p, lesion.centre, lesion.radii) + rough;
    paint(tissue.hu, lesion_hu(lesion, p, -outline), outline);
    if (outline < 0 && liver < 0) tissue.lesion = static_cast<int>(i) + 1;
  }
  tissue.liver = liver < 0;
  if (tissue.liver) tissue.organ = 0;
}

}  // namespace

const std::vector<Lesion>& lesions() {
  static const std::vector<Lesion> all = {
      {"CYS", {-104, -22, 84}, {11, 11, 12}}, {"ANG", {-96, 44, 70}, {15, 14, 15}},
      {"HCC", {-70, -8, 104}, {17, 16, 14}},  {"MET", {-104, 8, 46}, {12, 13, 12}},
      {"MET", {10, -62, 88}, {9, 8, 9}},      {"CYS", {-112, 20, 74}, {6, 6, 7}},
  };
  return all;
}

Tissue tissue_at(const Point& point) {
  Tissue tissue;
  paint_table(tissue.hu, point);
  const double depth = body_depth(point);
  if (depth < -3) return tissue;
  const Point p = bend(point);
  paint_wall(tissue.hu, point, depth);
  paint_chest(tissue.hu, p);
  paint_back_muscles(tissue.hu, p);
  for (const Bowel& bowel : bowels()) paint_hollow(tissue.hu, p, bowel);
  paint(tissue.hu, kSpleen + 3 * smooth_noise(82, p, 10), spleen(p));
  if (std::min(kidney_distance(p, -1), kidney_distance(p, 1)) < 0) {
    tissue.organ = 2;
  } else if (spleen(p) < 0) {
    tissue.organ = 1;
  }
  paint_retroperitoneum(tissue.hu, p);
  paint(tissue.hu, kWall, gallbladder(p));
  paint(tissue.hu, kGallbladder, gallbladder(p) + 1.5);
  paint_liver(tissue, p);
  paint_spine(tissue.hu, p);
  paint_ribs(tissue.hu, point, depth);
  return tissue;
}

}  // namespace hepatica::phantom
