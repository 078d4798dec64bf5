#include "organs.h"

#include "noise.h"

namespace hepatica::phantom {
namespace {

double right_lobe(const Point& p) {
  // Towards the tip the lobe keeps to the flank.
  const double sideways = 0.35 * std::max(0.0, 62 - p.z);
  return ellipsoid({p.x + sideways, p.y, p.z}, {-70, 2, 62}, {84, 90, 63});
}

double left_lobe(const Point& p) {
  const double taper = std::clamp(1 - (p.x + 10) / 170, 0.55, 1.2);
  const Point thinner = {p.x, -52 + (p.y + 52) / taper, 92 + (p.z - 92) / taper};
  return ellipsoid(thinner, {-6, -52, 92}, {74, 38, 32}) * taper;
}

double stomach(const Point& p) {
  const double body = ellipsoid(p, {72, -14, 88}, {36, 44, 38});
  return smooth_union(body, tube(p, {62, -34, 62}, {8, -42, 44}, 22, 14), 14);
}

Point kidney_centre(double side) { return side < 0 ? Point{-60, 46, 18} : Point{62, 44, 36}; }

}  // namespace

double body_depth(const Point& p) {
  const double widen = 1 + 0.00025 * (60 - p.z);
  const double x = std::abs(p.x) / (kBodyWidth * widen);
  const double y = std::abs(p.y) / (p.y > 0 ? kBodyDepth * 0.96 : kBodyDepth);
  const double scaled = std::max(std::pow(std::pow(x, 2.35) + std::pow(y, 2.35), 1 / 2.35), 1e-6);
  return std::hypot(p.x, p.y) * (1 - scaled) / scaled;
}

double fat_thickness(const Point& p) {
  const double side = std::abs(p.x) / (std::hypot(p.x, p.y) + 1e-6);
  return 13 + (p.y < 0 ? 5.0 : 1.0) * (1 - side) + 2.0 * smooth_noise(5, p, 60);
}

double cavity(const Point& p) {
  const double front = std::clamp(-p.y / kBodyDepth, 0.0, 1.0);
  const double wall = fat_thickness(p) + 15 - 5 * front - body_depth(p);
  // The spine and its muscles bulge into the cavity.
  return smooth_cut(wall, column(p, 0, 78, 50, 30), 18);
}

double diaphragm(const Point& p) {
  const double right = right_lobe(p) - 3;
  const double left = ellipsoid(p, {72, 4, 48}, {76, 92, 70});
  const double middle = smooth_union(left_lobe(p) - 3, column(p, 8, 36, 34, 30), 12);
  return smooth_union(smooth_union(right, left, 20), middle, 12);
}

double liver_distance(const Point& p) {
  double liver = smooth_union(right_lobe(p), left_lobe(p), 16);
  liver = smooth_union(liver, ellipsoid(p, {-26, 8, 86}, {22, 24, 22}), 8);  // caudate lobe
  // The visceral surface: stomach, bowel and the porta push from below and from the left.
  liver = smooth_cut(liver, ellipsoid(p, {18, 4, 22}, {78, 84, 56}), 10);
  liver = smooth_cut(liver, kidney_distance(p, -1) - 5, 6);
  liver = smooth_cut(liver, gallbladder(p) - 1, 3);
  liver = smooth_cut(liver, vena_cava(p) - 0.8, 2);
  liver = smooth_cut(liver, tube(p, {-14, -92, 84}, {-18, -46, 78}, 3.5, 2.0), 3);  // fissure of the round ligament
  return smooth_common(liver, cavity(p) + 3.5, 5);
}

double spleen(const Point& p) {
  const double outer = ellipsoid(p, {100, 36, 82}, {38, 52, 46});
  const double hilum = smooth_union(stomach(p) - 4, ellipsoid(p, {66, 22, 80}, {32, 34, 46}), 8);
  return smooth_common(smooth_cut(outer, hilum, 8), cavity(p) + 4, 4);
}

double gallbladder(const Point& p) { return tube(p, {-44, -40, 62}, {-62, -66, 40}, 7, 14); }

double pancreas(const Point& p) {
  return tube(p, {{{-26, 2, 36}, 13}, {{-14, -8, 52}, 11}, {{14, -12, 60}, 9}, {{46, 8, 70}, 10}, {{74, 26, 74}, 9}});
}

double vena_cava(const Point& p) {
  const double forward = 0.16 * std::max(0.0, p.z - 70);
  return column(p, -24 + 0.1 * std::max(0.0, p.z - 80), 27 - forward, 12.5, 10);
}

double kidney_distance(const Point& p, double side) {
  const Point centre = kidney_centre(side);
  // The poles lean to the spine at the top.
  const double lean = side * 0.16 * (p.z - centre.z);
  const double turned_x = p.x - centre.x + lean;
  const double bulk = ellipsoid({turned_x, p.y, p.z}, {0, centre.y, centre.z}, {25, 24, 44});
  const double hilum = ellipsoid({turned_x, p.y, p.z}, {-side * 25, centre.y - 8, centre.z}, {13, 10, 13});
  return smooth_cut(bulk, hilum, 5);
}

double renal_sinus(const Point& p, double side) {
  const Point centre = kidney_centre(side);
  const double lean = side * 0.16 * (p.z - centre.z);
  return ellipsoid({p.x - centre.x + lean, p.y, p.z}, {-side * 12, centre.y - 4, centre.z}, {13, 8, 22});
}

const std::vector<Vessel>& hepatic_veins() {
  static const std::vector<Vessel> all = {
      {{{-24, 20, 112}, 5.5}, {{-70, 18, 98}, 4.5}, {{-108, 10, 84}, 2.2}},
      {{{-26, 16, 112}, 5.0}, {{-46, -22, 98}, 4.0}, {{-62, -58, 82}, 2.0}},
      {{{-20, 16, 112}, 4.5}, {{-4, -30, 102}, 3.6}, {{14, -56, 98}, 1.8}},
      {{{-70, 18, 98}, 3.2}, {{-92, 42, 92}, 1.8}},
      {{{-46, -22, 98}, 2.8}, {{-78, -40, 96}, 1.5}},
  };
  return all;
}

const std::vector<Vessel>& portal_branches() {
  static const std::vector<Vessel> all = {
      {{{-6, 0, 56}, 6.5}, {{-30, -6, 70}, 7.0}, {{-46, -4, 78}, 6.5}},
      {{{-46, -4, 78}, 5.8}, {{-72, 8, 80}, 4.6}, {{-96, 26, 78}, 2.4}},
      {{{-58, 2, 79}, 4.2}, {{-84, -24, 74}, 3.0}, {{-100, -44, 70}, 1.6}},
      {{{-70, 8, 80}, 3.6}, {{-86, 20, 58}, 2.6}, {{-100, 26, 40}, 1.5}},
      {{{-40, -6, 77}, 5.0}, {{-22, -34, 86}, 4.4}, {{-14, -56, 88}, 3.0}, {{14, -50, 92}, 1.6}},
  };
  return all;
}

const std::vector<Vessel>& mesenteric_vessels() {
  static const std::vector<Vessel> all = {
      {{{-6, 0, 56}, 6.0}, {{-6, -10, 30}, 5.0}, {{-4, -16, -10}, 4.5}},  // superior mesenteric vein
      {{{10, 18, 66}, 3.6}, {{8, -4, 48}, 3.4}, {{6, -14, -10}, 3.2}},    // superior mesenteric artery
      {{{-6, 0, 56}, 5.0}, {{22, -2, 64}, 4.2}, {{56, 14, 72}, 3.8}, {{80, 26, 78}, 3.0}},  // splenic vein
      {{{9, 18, 76}, 3.6}, {{0, 6, 78}, 2.6}, {{-20, -4, 74}, 2.0}},                        // coeliac trunk
      {{{-24, 27, 26}, 3.5}, {{-42, 38, 24}, 3.5}},
      {{{-16, 24, 36}, 3.0}, {{8, 14, 37}, 3.0}, {{46, 36, 36}, 3.2}},
  };
  return all;
}

const std::vector<Vessel>& lung_vessels() {
  static const std::vector<Vessel> all = {
      {{{-60, 40, 150}, 3.5}, {{-100, 72, 128}, 1.2}},  {{{-70, 20, 150}, 3.0}, {{-128, 28, 122}, 1.0}},
      {{{-50, -10, 150}, 3.0}, {{-96, -58, 128}, 1.0}}, {{{60, 40, 150}, 3.5}, {{96, 72, 122}, 1.2}},
      {{{70, 20, 150}, 3.0}, {{128, 22, 124}, 1.0}},    {{{-64, 50, 150}, 2.6}, {{-66, 82, 120}, 1.0}},
      {{{64, 50, 150}, 2.6}, {{62, 82, 112}, 1.0}},
  };
  return all;
}

const std::vector<Bowel>& bowels() {
  static const auto loop = [](Point centre, Point radii) {
    return [=](const Point& p) { return ellipsoid(p, centre, radii); };
  };
  static const auto pipe = [](Vessel path) { return [path](const Point& p) { return tube(p, path); }; };
  static const std::vector<Bowel> all = {
      {loop({30, -34, 22}, {24, 15, 13}), -1000, false},
      {loop({66, -18, 14}, {16, 24, 14}), -34, false},
      {loop({10, -30, -2}, {17, 20, 15}), -1000, false},
      {loop({44, -26, -4}, {20, 15, 12}), -36, false},
      {loop({78, 12, 24}, {15, 17, 20}), -1000, false},
      {loop({-36, -34, 4}, {20, 17, 16}), -1000, false},
      {pipe({{{-30, -22, 44}, 12}, {{-42, -6, 30}, 13}, {{-36, 4, 0}, 13}}), -1000, false},  // duodenum
      {pipe({{{-104, -36, -20}, 20},
             {{-96, -48, 4}, 19},
             {{-60, -66, 14}, 17},
             {{0, -72, 16}, 16},
             {{60, -66, 26}, 16},
             {{104, -36, 44}, 16},
             {{116, 6, 40}, 14},
             {{116, 22, -20}, 14}}),
       -64, true},  // colon
      {stomach, -34, false},
  };
  return all;
}

}  // namespace hepatica::phantom
