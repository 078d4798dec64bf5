// From stored cells to Hounsfield units, in one pass: mask and sign (PS3.5 section 8.1.1), padding, slope and
// intercept (PS3.3 C.11.1), the floor at air.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dicom/decode.h"

namespace hepatica::dicom {

// What padding becomes, and the least HU there is: values below lie outside of the field of view.
inline constexpr int kAirHu = -1024;

struct RescaleCounts {
  int64_t padding = 0;      // voxels that were padding
  int64_t below_air = 0;    // HU below kAirHu, raised to it
  int64_t above_range = 0;  // HU above the range of int16, lowered to it

  RescaleCounts& operator+=(const RescaleCounts& other);
};

// True where slope or intercept has a fraction (or is out of the range of integer arithmetic): then HU are floats.
bool needs_float(const FrameHeader& frame);

// `cells` may be the memory of `hu`. Instantiated for int16_t (which needs !needs_float()) and float.
template <class Hu>
RescaleCounts rescale_cells(const void* cells, CellInfo info, size_t count, const FrameRef& frame, Hu* hu);

}  // namespace hepatica::dicom
