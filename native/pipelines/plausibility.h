// Whether a result can be what it says it is. A network answers to anything, a head and an empty volume too; what it
// was given and what it found are held against what scans and livers are like. Rules and limits:
// pipelines/plausibility_rules.h.
#pragma once

#include <optional>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "pipelines/contrast.h"

namespace hepatica {

enum class Plausibility { kPlausible, kDoubtful, kImplausible };

struct Judgement {
  Plausibility plausibility = Plausibility::kPlausible;
  // Each code once; empty where the result is plausible. IMPLAUSIBLE_VALUES and IMPLAUSIBLE_RESULT make a result
  // implausible, all others (DOUBTFUL_VALUES, WINDOWED_VALUES, BLANK_SLICES, THICK_SLICES, DOUBTFUL_RESULT, LIVER_CUT,
  // MIRRORED_PATIENT, EMPTY_RESULT) doubtful.
  std::vector<Warning> reasons;
  // Of a liver alone. It makes nothing implausible.
  std::optional<Contrast> contrast;
};

// Of the scan alone, and of a liver in it. Volume and mask are valid, on the same grid, and the slices axial.
Judgement judge_scan(const Volume& volume, Run& run);
Judgement judge_liver(const Volume& volume, const Mask& liver, Run& run);

// The reasons as warnings of the run; of a liver that can be one also NON_CONTRAST and ARTERIAL_PHASE.
void warn_of(const Judgement& judgement, Run& run);

}  // namespace hepatica
