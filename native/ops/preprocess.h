// Hounsfield units to the 8-bit pictures that the networks see: clip, quantize, equalize each slice (paper,
// Preprocessing; method.md, "Clip" and "Contrast").
#pragma once

#include <cstdint>

#include "core/run.h"
#include "core/volume.h"
#include "ops/equalize.h"
#include "ops/hu_window.h"

namespace hepatica {

enum class Equalization { kGlobal, kClahe, kNone };

struct PreprocessOptions {
  int hu_min = -100;
  int hu_max = 400;
  Equalization equalization = Equalization::kGlobal;
};

// Clipped (figure 2 B) and equalized (figure 2 C); the same bytes where equalization is kNone.
struct Preprocessed {
  ByteVolume clipped;
  ByteVolume equalized;
};

// Equalized only: one byte a voxel beside the input.
ByteVolume preprocess(const Volume& volume, const PreprocessOptions& options, Run& run);

Preprocessed preprocess_stages(const Volume& volume, const PreprocessOptions& options, Run& run);

// Slice z alone, on the CPU, into the caller's memory, slice_pixels() bytes each; `clipped` may be null. The window is
// taken to be checked.
void preprocess_slice(const Volume& volume, int64_t z, const PreprocessOptions& options, uint8_t* equalized,
                      uint8_t* clipped);

// Into the caller's memory, voxel_count() bytes each; `clipped` may be null.
void preprocess_into(const Volume& volume, const PreprocessOptions& options, uint8_t* equalized, uint8_t* clipped,
                     Run& run);

}  // namespace hepatica
