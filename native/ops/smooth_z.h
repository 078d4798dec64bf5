#pragma once

#include <cstdint>

#include "core/run.h"

namespace hepatica {

// Gaussian along z, in place, cut off at three standard deviations, the end slices repeated beyond the ends
// (scipy.ndimage.gaussian_filter1d, mode "nearest", truncate 3). `volume` holds slice_count slices of slice_pixels
// values; beside it, each thread takes slice_count * 4 KiB. sigma_mm = 0 changes nothing.
void smooth_z(float* volume, int64_t slice_pixels, int64_t slice_count, double slice_spacing_mm, double sigma_mm,
              Run& run);

}  // namespace hepatica
