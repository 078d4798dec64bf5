// What src/output leaves in the folders of results: a manifest of the files, folders of what is being written, and,
// while a result is moved into place, a journal. A kill in that moment leaves the journal, and the result counts as
// incomplete until the next command that writes to the folder has finished it.
#pragma once

#include <filesystem>
#include <string>

namespace hepatica {

// Names that are no part of a result or a scan.
bool is_output_mark(const std::string& name);

// Throws INCOMPLETE_RESULT where `path` is a journal, a folder that holds one, or a file or folder that one names.
void refuse_incomplete(const std::filesystem::path& path);

}  // namespace hepatica
