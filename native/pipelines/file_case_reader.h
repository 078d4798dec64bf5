// Labelled scans of files: NIfTI, or DICOM series.
#pragma once

#include "training/data/case_reader.h"

namespace hepatica {

// Throws what the readers do. A label is a NIfTI mask; a DICOM SEG or RTSTRUCT of the image's series, in a file or
// alone in a folder; or a mask kept as a CT-like series, whose stored values are the labels.
class FileCaseReader : public CaseReader {
 public:
  LabelledImage read_image(const std::string& path, Run& run) const override;
  Mask read_labels(const LabelFile& file, const LabelledImage& image, Run& run) const override;
};

}  // namespace hepatica
