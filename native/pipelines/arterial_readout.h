// A lesion's type told from both contrast phases: multinomial logistic regression on what the class map says of the
// portal venous scan and on how bright the lesion is in both. Fitted after the network was trained
// (bench/arterial-types.mjs); its numbers are data in the weights' metadata, key "arterial_readout", which goes with
// the weights that they were fitted to and with no training that goes on from them.
#pragma once

#include <array>
#include <cstddef>

#include "core/lesion.h"
#include "models/lesion_model.h"

namespace hepatica {

// What it is told of a lesion. Logarithms of the class map's probabilities, at the model's temperature; HU / 100, above
// the liver's median in the same scan unless it is said otherwise.
enum class ArterialFeature : size_t {
  kLogCyst,
  kLogHaemangioma,
  kLogHcc,
  kLogMetastasis,
  kCore,
  kRim,
  kBrightest,
  kDarkest,
  kCoreHu,  // as it is
  kPortalCore,
  kPortalRim,
  kPortalBrightest,
  kPortalDarkest,
  kPortalCoreHu,  // as it is
};
// Their names in the metadata.
inline constexpr std::array<const char*, 14> kArterialFeatures = {
    "log_cys",    "log_ang",          "log_hcc",        "log_met",       "core",
    "rim",        "brightest",        "darkest",        "core_hu",       "portal_core",
    "portal_rim", "portal_brightest", "portal_darkest", "portal_core_hu"};
using ArterialFeatures = std::array<double, kArterialFeatures.size()>;

struct ArterialReadout {
  struct Score {
    double intercept = 0;
    ArterialFeatures coefficients{};
  };
  // In the order of the class channels.
  std::array<Score, kLesionTypes> scores;

  // Throws NO_ARTERIAL_READOUT where the weights have none, WRONG_MODEL where theirs is none.
  static ArterialReadout of(const LesionModel& model);

  // They add up to 1.
  std::array<double, kLesionTypes> probabilities(const ArterialFeatures& features) const;
};

}  // namespace hepatica
