// Which lesion of one date is which of another date's, after the livers were brought to one place.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "registration/rigid_motion.h"

namespace hepatica {

// One date: masks on the volume's grid. `lesions` is 0 or a lesion's id.
struct Study {
  const Volume& volume;
  const Mask& liver;
  const Mask& lesions;
};

// Ids, ascending. Several on a side: lesions that grew together, or a lesion that fell apart.
struct LesionPairing {
  std::vector<int> before;
  std::vector<int> after;
  // Between both sides' centres of mass, in the place of the later date.
  std::optional<double> distance_mm;
  // Whether the scan of the other date shows the place; true where both sides have a lesion.
  bool shown = true;
};

struct StudyComparison {
  // From the later scan to the earlier one.
  RigidMotion motion;
  // Of the livers after it.
  double liver_dice = 0;
  // Every lesion of both dates in one: by the later date's first id, then those gone by the earlier one's.
  std::vector<LesionPairing> pairings;
};

// Lesions correspond where they overlap after the motion, those that overlap most of the smaller one first; of the
// others those whose centres are nearest, up to 10 mm or the mean of both radii (of balls of their volume). What is
// left and lies by half in a lesion of the other date joins it. Throws INVALID_ARGUMENT for a liver without voxels,
// REGISTRATION_FAILED where the livers do not meet (Dice below 0.7); warns of REGISTRATION_DOUBTFUL below 0.85.
StudyComparison compare_studies(const Study& before, const Study& after, Run& run);

}  // namespace hepatica
