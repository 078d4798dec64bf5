// A scan for the lesion network as it was read: the CT, its liver, its marked lesions, in the networks' axis order.
#pragma once

#include <string>

#include "core/run.h"
#include "core/volume.h"
#include "training/data/case_reader.h"
#include "training/tasks/lesions/plan.h"

namespace hepatica {

struct LesionSource {
  std::string patient;
  Volume volume;
  Mask liver;  // 0 and 1, the lesions included
  Mask types;  // LesionType values, 0 = none; without voxels where no lesion is marked
};

// Beside what the reader throws: LABEL_GEOMETRY_MISMATCH where liver or label lie on other voxels than the image,
// EMPTY_LABEL where the liver has no voxel, or none of the values that mark lesions occurs. Slices beyond the liver's
// and `context_mm` around them are let go of.
LesionSource read_lesion_case(const LesionCase& lesion_case, const CaseReader& reader, double context_mm, Run& run);

}  // namespace hepatica
