// How much two scans tell of each other where their tissues need not have the same HU (contrast phases): mutual
// information of a joint histogram, smooth in the moving scan (Mattes et al., IEEE Trans Med Imaging 2003; 22: 120).
#pragma once

#include <array>
#include <vector>

#include "core/run.h"
#include "registration/cell_picture.h"
#include "registration/rigid_motion.h"

namespace hepatica {

// Of the fixed scan.
struct FixedPoint {
  Vec3 position_mm;
  float hu = 0;
};

struct Agreement {
  // Nats; 0 where less than a quarter of the points lie in the moving scan.
  double information = 0;
  // Of the fixed scan's points that lie in the moving one, nats: `information` is never more.
  double entropy = 0;
  // By the three angles, per radian, and the three shifts, per mm.
  std::array<double, 6> gradient = {};
};

// `motion` carries a point of the fixed scan to its place in the moving one. The same on any number of threads.
Agreement mutual_information(const std::vector<FixedPoint>& fixed, const CellPicture& moving, const RigidMotion& motion,
                             Run& run);

}  // namespace hepatica
