// Which part of the liver a place lies in, told from the liver's outline alone: eight octants in the order of
// Couinaud's segments II to VIII. Rough: the true borders are the hepatic veins and the portal vein's branches, which
// nobody looked for here. Four sectors fan out from where the inferior vena cava passes most livers, and share its
// volume as livers do on average; half of each sector is its upper octant. Near the borders a lesion may well lie in
// the neighbouring segment, in an unusual liver (resected, cirrhotic, a large lesion) anywhere; the caudate lobe (I) is
// not told from its surroundings.
#pragma once

#include <array>
#include <optional>

#include "core/volume.h"

namespace hepatica {

// From the back on the right around the front to the left.
enum class LiverSector { kRightPosterior, kRightAnterior, kLeftMedial, kLeftLateral };

struct LiverOctant {
  LiverSector sector = LiverSector::kRightPosterior;
  bool upper = false;

  bool operator==(const LiverOctant&) const = default;
};

class LiverOctants {
 public:
  // `liver`: what is not 0. A coarse mask does (pixels of 5 mm). Its geometry tells the patient's directions.
  explicit LiverOctants(const Mask& liver);

  // Nullopt where the liver is so small, or so short from top to bottom, that it can't be a whole one.
  std::optional<LiverOctant> at(const Vec3& position_mm) const;

 private:
  double angle_of(const Vec3& position_mm) const;
  LiverSector sector_of(double angle) const;

  bool whole_ = false;
  std::array<double, 2> pivot_mm_ = {0, 0};  // to the left, to the back
  std::array<double, 3> borders_ = {0, 0, 0};
  std::array<double, 4> middle_mm_ = {0, 0, 0, 0};  // of each sector, towards the head
};

}  // namespace hepatica
