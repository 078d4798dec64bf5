// All headers of a source, read in parallel; and of each object whether it is a CT image.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/run.h"
#include "dicom/header.h"
#include "dicom/report.h"

namespace hepatica::dicom {

struct Scan {
  std::vector<std::unique_ptr<DicomObject>> objects;  // sorted by path
  std::vector<ExcludedFile> excluded;
};

// Throws Error NOT_FOUND, EMPTY_FOLDER; NO_DICOM where no file is DICOM; NOT_DICOM, CORRUPT_FILE or UNREADABLE_FILE
// where the only file given is none.
Scan scan_headers(const std::vector<std::string>& paths, Run& run);

}  // namespace hepatica::dicom
