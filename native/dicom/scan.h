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
  std::vector<std::unique_ptr<DicomObject>> objects;  // sorted by path; then those in memory, as they came
  std::vector<ExcludedFile> excluded;
  std::vector<std::unique_ptr<DicomObject>> directories;  // DICOMDIRs in memory
};

// Of `paths`, and of what is in memory, whose headers were read before. Throws Error FILE_NOT_FOUND, EMPTY_FOLDER,
// TOO_MANY_FILES; NO_DICOM where no file is DICOM; NOT_DICOM, CORRUPT_FILE or UNREADABLE_FILE where the only file given
// is none.
Scan scan_headers(const std::vector<std::string>& paths, Scan in_memory, int64_t most_files, Run& run);

[[noreturn]] void throw_too_many_files(const std::string& where, int64_t most_files);

}  // namespace hepatica::dicom
