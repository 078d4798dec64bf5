// Errors painted into a prior during training: on scans it has learned from, the network's earlier pass is better than
// it will ever be on new ones, and a prior that is always right teaches to copy it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/random.h"

namespace hepatica {

// Missing and spurious ellipses (a Poisson number with this mean), now and then a blur. `planes` are the maps of one
// item's prior channels, `pixels` each, order (channel, y, x).
void paint_prior_errors(std::vector<uint8_t>& planes, int64_t width, int64_t height, double mean_errors,
                        Random& random);

}  // namespace hepatica
