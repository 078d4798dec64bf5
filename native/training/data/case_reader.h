// Where trainings get scans and their labels from: files for callers, phantoms for checks. Training itself knows no
// file format.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

struct LabelledImage {
  Volume volume;
  std::map<std::string, int64_t> slice_of_uid;  // empty where slices have no names of their own
};

// `path` is what a case of the plan names its image or label by.
class CaseReader {
 public:
  virtual ~CaseReader() = default;

  virtual LabelledImage read_image(const std::string& path, Run& run) const = 0;

  // The label's values, 0 to 255.
  virtual Mask read_labels(const std::string& path, Run& run) const = 0;
};

}  // namespace hepatica
