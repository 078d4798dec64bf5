// Noise that is a function of the place: smooth, the same wherever and in whichever order it is asked for.
#pragma once

#include <cstdint>

#include "core/geometry.h"

namespace hepatica {

// -1 to 1, mean 0: random values on the integer lattice, interpolated between (value noise, with Perlin's quintic
// weights of 2002). Structures are about one unit wide.
double smooth_noise(uint64_t seed, const Vec3& place);

}  // namespace hepatica
