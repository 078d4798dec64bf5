// A labelled scan: where it is, and as it was read, the CT and its labels on the same voxels, in the networks' axis
// order.
#pragma once

#include <string>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "training/data/case_reader.h"
#include "training/data/label_polygon.h"

namespace hepatica {

// One labelled scan. `label` is a NIfTI mask, a DICOM SEG or RTSTRUCT, or a DICOM mask series; where it is empty,
// `polygons` is the label.
struct StructureCase {
  std::string patient;
  std::string image;
  std::string label;
  std::vector<int> label_values;            // empty: all non-zero
  std::vector<std::string> label_segments;  // of a SEG or RTSTRUCT; empty: all, by their values
  std::vector<LabelPolygon> polygons;
  bool validation = false;
  std::string content_sha256;  // hex, over what is said of it and its files' bytes; empty: not known
};

struct LabelledScan {
  Volume volume;
  Mask label;
};

// The label is 0 and 1. Beside what the reader throws: LABEL_GEOMETRY_MISMATCH where the label lies on other voxels
// than the image, and EMPTY_LABEL where no voxel has one of the label values.
LabelledScan read_structure_case(const StructureCase& training_case, const CaseReader& reader, Run& run);

// The label with its values as they are, whatever the case's own choice of them: of several structures.
LabelledScan read_labelled_case(const StructureCase& training_case, const CaseReader& reader, Run& run);

}  // namespace hepatica
