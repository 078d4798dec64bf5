// Labelled scans of files: NIfTI, or DICOM series.
#pragma once

#include "training/data/case_reader.h"

namespace hepatica {

// Throws what the readers do. A label is a NIfTI mask, or a mask kept as a CT-like series, whose stored values are the
// labels.
class FileCaseReader : public CaseReader {
 public:
  LabelledImage read_image(const std::string& path, Run& run) const override;
  Mask read_labels(const std::string& path, Run& run) const override;
};

}  // namespace hepatica
