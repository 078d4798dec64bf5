// The files to look into: given ones, those of folders and their sub-folders, those that a DICOMDIR names.
#pragma once

#include <string>
#include <vector>

#include "core/run.h"
#include "dicom/report.h"

namespace hepatica::dicom {

struct FoundFiles {
  std::vector<std::string> files;      // sorted, each once
  std::vector<ExcludedFile> excluded;  // entries that cannot be read
};

// Throws Error FILE_NOT_FOUND, EMPTY_FOLDER, TOO_MANY_FILES. Links to folders are not followed (they may form rings, or
// lead to the whole disk) but excluded with a line; links to files are.
FoundFiles find_files(const std::vector<std::string>& paths, Run& run);

// The files that the DICOMDIR at `path` names, in its folder or below; those that are missing or lead out of it are
// put on `excluded`.
std::vector<std::string> resolve_directory(const std::string& path, const std::vector<std::string>& referenced_files,
                                           std::vector<ExcludedFile>& excluded);

}  // namespace hepatica::dicom
