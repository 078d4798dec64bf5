// A NIfTI header, checked before anything in it is believed.
#pragma once

#include <cstdint>
#include <string>

#include "core/geometry.h"
#include "core/input_file.h"
#include "core/run.h"
#include "core/volume_limit.h"

namespace hepatica {

struct NiftiHeader {
  Geometry geometry;
  // NIFTI_TYPE_UINT8 and so on, one of the ten real number types up to 64 bits.
  int datatype = 0;
  int bytes_per_voxel = 0;
  bool swapped = false;
  int64_t data_offset = 0;
  double slope = 1;
  double intercept = 0;
};

// Reads and checks the header of an existing file; warnings go to the run. The image that it announces is no larger
// than what the file's bytes can hold.
NiftiHeader read_nifti_header(const InputFile& input, const VolumeLimit& limit, Run& run);

}  // namespace hepatica
