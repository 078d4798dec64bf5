// The files to look into: given ones, those of folders and their sub-folders, those that a DICOMDIR names.
#pragma once

#include <cstdint>
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
FoundFiles find_files(const std::vector<std::string>& paths, int64_t most_files, Run& run);

// What a DICOMDIR's names lead to.
struct DirectoryFiles {
  std::vector<std::string> files;
  std::vector<std::string> missing;      // names that no file has
  std::vector<std::string> other_names;  // "NAME: FILE", for files that are found under another name
  std::vector<ExcludedFile> excluded;    // of the missing, and of names that lead out of the folder
};

// The files that the DICOMDIR at `path` names, in its folder or below. Where a name is not there, one that differs by
// case, or by an ending (.dcm added or taken away, ;1), is taken if it is the only one: copying from a disc leaves
// that.
DirectoryFiles resolve_directory(const std::string& path, const std::vector<std::string>& referenced_files);

}  // namespace hepatica::dicom
