// The second look at whole lesions (false-positive reduction): how likely a candidate is a lesion, by logistic
// regression on how sure the networks are and on what a radiologist goes by. Fitted out of fold after the networks were
// trained (bench/second-look.mjs); its numbers are data in the weights' metadata, key "second_look", which goes with
// the weights that they were fitted to and with no training that goes on from them.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace hepatica {

// What it is told of a candidate.
enum class LookFeature : size_t {
  kDetectionProbability,  // mean of the location's probability
  kSphericity,
  kSharpness,  // LesionLook::sharpness_per_mm
};
// Their names in the metadata.
inline constexpr std::array<const char*, 3> kLookFeatures = {"detection_probability", "sphericity", "sharpness"};
using LookFeatures = std::array<double, kLookFeatures.size()>;

struct SecondLook {
  static constexpr const char* kKey = "second_look";

  // Candidates are the components of what the location's probability is above.
  double candidate_above = 0;
  // Those of which more than this is likely are lesions.
  double keep_above = 0;
  double intercept = 0;
  LookFeatures coefficients{};
  // Of a candidate whose edge cannot be compared.
  double sharpness_otherwise = 0;

  // Throws WRONG_MODEL naming `file` and the field: what is missing, unknown or out of its limits.
  static SecondLook from_json(const std::string& text, const std::string& file = {});

  // That a candidate is a lesion.
  double probability(const LookFeatures& features) const;
};

}  // namespace hepatica
