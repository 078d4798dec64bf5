// An upper abdomen in the portal venous phase, made of shapes: what lies at each point, in Hounsfield units.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "shapes.h"

namespace hepatica::phantom {

// The four kinds that the lesion network tells apart.
struct Lesion {
  std::string type;  // CYS, ANG, HCC, MET
  Point centre;
  Point radii;
};

struct Tissue {
  double hu = -1000;
  bool liver = false;
  int lesion = 0;  // 1 + index in lesions(), 0 outside
  int organ = 0;   // 1 spleen, 2 kidneys
};

const std::vector<Lesion>& lesions();

// The point lies in the body's frame: x = 0 in the middle, y = 0 in the body's centre, z = 0 below the liver's tip.
Tissue tissue_at(const Point& point);

}  // namespace hepatica::phantom
