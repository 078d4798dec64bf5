// The second look at the lesions of a scan, in place of thresholds alone.
#pragma once

#include "core/run.h"
#include "core/volume.h"
#include "models/second_look.h"
#include "pipelines/lesion_candidates.h"

namespace hepatica {

// `located` has kAboveBoth above the extent's threshold and 1 above `look.candidate_above` alone. Leaves in its levels
// what is kept, all kAboveBoth: of a candidate the parts that are above the extent's threshold, each of `minimum_ml` or
// more, or the whole of it where it has none; and in its probability, in the candidates, round(255 p) of the second
// look's, which is what is compared. Candidates are components of `minimum_ml` or more. All on one canonical grid.
void look_again(const Volume& volume, const Mask& liver, const SecondLook& look, double minimum_ml,
                LocatedLesions& located, Run& run);

}  // namespace hepatica
