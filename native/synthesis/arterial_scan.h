// The arterial scan of a pair: the same liver and lesions before the liver took up the contrast medium.
//
// The liver and its veins are set to less, the aorta to more, the lesions to their arterial looks; all else stays. The
// portal venous scan is blurred where it shows (its noise would tell how the two lie), the noise is new.
#pragma once

#include <vector>

#include "core/lesion.h"
#include "core/run.h"
#include "core/volume.h"
#include "synthesis/arterial_look.h"
#include "synthesis/ground.h"
#include "synthesis/placing.h"
#include "synthesis/synthetic_lesions.h"

namespace hepatica {

class ArterialComposition {
 public:
  // `options` has an arterial scan; `sigma_mm`: of the lesions' point spread. Keeps references to all but `run`.
  ArterialComposition(const Volume& hu, const Ground& ground, const SyntheticLesionOptions& options, double sigma_mm,
                      Run& run);

  // `number` from 0; draws by it and the seed alone.
  ArterialLesion add(int number, const PlacedLesion& placed, LesionType type, Run& run);

  SyntheticArterialScan scan(Run& run);

 private:
  void blur(Run& run);
  void change_liver(Run& run);
  void change_aorta(Run& run);
  // Of the liver without lesions, in the ground's box.
  float own_hu(int64_t at) const;
  RigidMotion motion() const;
  void add_noise(int64_t z, double sigma_hu, std::vector<float>& plane, const Geometry& geometry) const;

  const Volume& source_;
  const Ground& ground_;
  const SyntheticLesionOptions& options_;
  double sigma_mm_;
  ArterialLiver liver_;
  // Per portal venous HU above the parenchyma, and below.
  double vein_share_ = 0;
  bool has_aorta_ = false;
  // As the portal venous scan lies, floats.
  Volume picture_;
};

}  // namespace hepatica
