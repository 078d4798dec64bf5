// The arterial scan of a patient, laid on the portal venous one by the liver.
#pragma once

#include <optional>

#include "core/run.h"
#include "core/volume.h"
#include "pipelines/contrast.h"
#include "registration/rigid_motion.h"

namespace hepatica {

struct ArterialPhase {
  // From the portal venous scan to the arterial one.
  RigidMotion motion;
  // How much of what the one scan shows in and around the liver the other tells (registration/register_rigidly.h).
  double agreement = 0;
  // Of the liver: how much the arterial scan shows.
  double covered = 0;
  Contrast contrast;
};

// `liver` lies on the grid of `portal`. Throws LIVER_NOT_COVERED where the arterial scan shows less than half of the
// liver, REGISTRATION_FAILED where the two do not agree or the motion is none that a patient makes between two breaths;
// warns of LIVER_PARTLY_COVERED, REGISTRATION_DOUBTFUL, and of NOT_ARTERIAL where aorta and liver are not as bright as
// in the arterial phase.
ArterialPhase register_arterial(const Volume& portal, const Mask& liver, const Volume& arterial, Run& run);

}  // namespace hepatica
