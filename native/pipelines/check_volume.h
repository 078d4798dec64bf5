// What every pipeline that runs a network asks of its volume.
#pragma once

#include <vector>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

// Throws INVALID_ARGUMENT for a volume whose parts contradict one another.
void check_volume(const Volume& volume);

// Warns FEW_SLICES where the slices span less than a network looks at: `context_mm` are its offsets along z.
void warn_of_few_slices(const Geometry& geometry, const std::vector<double>& context_mm, Run& run);

}  // namespace hepatica
