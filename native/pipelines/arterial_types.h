// Types of lesions told from both contrast phases.
#pragma once

#include "core/run.h"
#include "core/volume.h"
#include "pipelines/arterial_phase.h"
#include "pipelines/arterial_readout.h"
#include "pipelines/classify_lesions.h"

namespace hepatica {

// Both scans of a patient, the portal venous one with its liver.
struct BothPhases {
  const Volume& portal;
  const Mask& liver;
  const Volume& arterial;
  RigidMotion motion;
};

// Measures the lesions of `ids` in the arterial scan and in the portal venous one; those that the arterial scan shows
// wholly get the readout's probabilities, what they had is kept in their signs. The others are left as they are.
void tell_by_both_phases(const BothPhases& scans, const Mask& ids, const ArterialReadout& readout,
                         std::vector<Lesion>& lesions, Run& run);

}  // namespace hepatica
