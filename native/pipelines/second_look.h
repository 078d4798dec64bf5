// The second look at whole lesions: which of what the networks find are lesions, told by logistic regression on how
// sure the networks are and on what a radiologist goes by. Fitted out of fold after the networks were trained
// (bench/second-look.mjs); its numbers are data in the weights' metadata, key "second_look", which goes with the
// weights that they were fitted to and with no training that goes on from them.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "core/run.h"
#include "core/volume.h"
#include "models/lesion_model.h"
#include "pipelines/lesion_candidates.h"

namespace hepatica {

// What it is told of a candidate.
enum class LookFeature : size_t {
  kDetectionProbability,  // mean of the location's probability
  kLogMl,
  kSphericity,
  kLogSharpness,  // of LesionLook::sharpness_per_mm
};
// Their names in the metadata.
inline constexpr std::array<const char*, 4> kLookFeatures = {"detection_probability", "log_ml", "sphericity",
                                                             "log_sharpness"};
using LookFeatures = std::array<double, kLookFeatures.size()>;

struct SecondLook {
  // Candidates are the components of what the location's probability is above.
  double candidate_above = 0;
  // Those of which more than this is likely are lesions.
  double keep_above = 0;
  double intercept = 0;
  LookFeatures coefficients{};
  // kLogSharpness of a candidate whose edge cannot be compared.
  double log_sharpness_otherwise = 0;

  // None where the weights have none; throws WRONG_MODEL where theirs is none.
  static std::optional<SecondLook> of(const LesionModel& model);

  // That a candidate is a lesion.
  double probability(const LookFeatures& features) const;
};

// `located` has kAboveBoth above the extent's threshold and 1 above `candidate_above` alone. Leaves in its levels what
// is kept, all kAboveBoth: of a candidate with `minimum_ml` or more above the extent's threshold that part, else the
// whole of it; and in its probability, in the candidates, round(255 p) of the second look's. All on one canonical grid.
void look_again(const Volume& volume, const Mask& liver, const SecondLook& look, double minimum_ml,
                LocatedLesions& located, Run& run);

}  // namespace hepatica
