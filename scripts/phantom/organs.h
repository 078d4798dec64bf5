// The outlines of the organs as signed distances in mm, in the body's frame (see anatomy.h).
#pragma once

#include <functional>
#include <vector>

#include "shapes.h"

namespace hepatica::phantom {

// Half axes of the body's section, mm.
inline constexpr double kBodyWidth = 164;
inline constexpr double kBodyDepth = 112;

// How deep a point lies below the skin, mm; negative outside.
double body_depth(const Point& p);
// From the skin to the muscles of the wall, mm.
double fat_thickness(const Point& p);
// The space inside the wall.
double cavity(const Point& p);
// What lies below the diaphragm.
double diaphragm(const Point& p);

double liver_distance(const Point& p);
double spleen(const Point& p);
double gallbladder(const Point& p);
double pancreas(const Point& p);
double vena_cava(const Point& p);
// side: -1 the right kidney, 1 the left one.
double kidney_distance(const Point& p, double side);
double renal_sinus(const Point& p, double side);

using Vessel = std::vector<Knot>;
const std::vector<Vessel>& hepatic_veins();
const std::vector<Vessel>& portal_branches();
const std::vector<Vessel>& mesenteric_vessels();
const std::vector<Vessel>& lung_vessels();

// Stomach and bowel: gas in front of gas_level (y, mm), stool or fluid behind.
struct Bowel {
  std::function<double(const Point&)> distance;
  double gas_level = -1000;
  bool has_stool = false;
};
const std::vector<Bowel>& bowels();

}  // namespace hepatica::phantom
