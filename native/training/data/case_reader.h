// Where trainings get scans and their labels from: files for callers, phantoms for checks. Training itself knows no
// file format.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/run.h"
#include "core/source_identity.h"
#include "core/volume.h"

namespace hepatica {

struct LabelledImage {
  Volume volume;
  std::map<std::string, int64_t> slice_of_uid;  // empty where slices have no names of their own
  std::optional<SourceIdentity> source = {};    // of a DICOM series: what objects that label it refer to
};

// Where a case's label is, and which of its segments count (numbers, labels, codes: dicom/objects/read_labels.h); where
// none is named, all, each with a value of its own.
struct LabelFile {
  std::string path;
  std::vector<std::string> segments = {};
};

// `path` is what a case of the plan names its image or label by.
class CaseReader {
 public:
  virtual ~CaseReader() = default;

  virtual LabelledImage read_image(const std::string& path, Run& run) const = 0;

  // The label's values, 0 to 255; of chosen segments 0 and 1. `image` is what was labelled.
  virtual Mask read_labels(const LabelFile& file, const LabelledImage& image, Run& run) const = 0;
};

}  // namespace hepatica
