// A labelled scan as it was read: the CT and a mask of 0 and 1 on the same voxels, in the networks' axis order.
#pragma once

#include "core/run.h"
#include "core/volume.h"
#include "training/data/case_reader.h"
#include "training/tasks/structure/plan.h"

namespace hepatica {

struct LabelledScan {
  Volume volume;
  Mask label;
};

// Beside what the reader throws: LABEL_GEOMETRY_MISMATCH where the label lies on other voxels than the image, and
// EMPTY_LABEL where no voxel has one of the label values.
LabelledScan read_structure_case(const StructureCase& training_case, const CaseReader& reader, Run& run);

}  // namespace hepatica
