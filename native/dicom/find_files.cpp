#include "dicom/find_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/error.h"
#include "core/output_marks.h"

namespace hepatica::dicom {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxFiles = 500'000;

void check_count(const FoundFiles& found, const std::string& folder) {
  if (found.files.size() <= kMaxFiles) return;
  throw Error("TOO_MANY_FILES", folder + " holds more than 500000 files", folder, "",
              "Name the folder of the series itself.");
}

void search_folder(const fs::path& folder, FoundFiles& found, Run& run) {
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
  if (error) {
    found.excluded.push_back({folder.string(), "UNREADABLE_FILE", "the folder cannot be read: " + error.message()});
    return;
  }
  while (entry != fs::recursive_directory_iterator()) {
    run.check_cancelled();
    std::error_code ignored;
    if (is_output_mark(entry->path().filename().string())) {
      refuse_incomplete(entry->path());
      entry.disable_recursion_pending();
      if (entry->is_directory(ignored)) {
        found.excluded.push_back({entry->path().string(), "UNFINISHED_OUTPUT",
                                  "hepatica was writing it and was stopped: it can be removed"});
      }
    } else if (entry->is_regular_file(ignored)) {
      found.files.push_back(entry->path().string());
      check_count(found, folder.string());
    } else if (entry->is_symlink(ignored) && entry->is_directory(ignored)) {
      found.excluded.push_back({entry->path().string(), "LINKED_FOLDER",
                                "it is a link to a folder, which is not followed: name that folder too"});
    } else if (!entry->is_directory(ignored)) {
      found.excluded.push_back({entry->path().string(), "UNREADABLE_FILE", "it is not a regular file"});
    }
    entry.increment(error);
    if (error) {
      found.excluded.push_back({folder.string(), "UNREADABLE_FILE", "the folder cannot be read: " + error.message()});
      return;
    }
  }
}

}  // namespace

FoundFiles find_files(const std::vector<std::string>& paths, Run& run) {
  FoundFiles found;
  for (const std::string& path : paths) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) {
      throw Error("FILE_NOT_FOUND", path + " does not exist", path, "", "Check the path.");
    }
    refuse_incomplete(path);
    if (!fs::is_directory(status)) {
      found.files.push_back(path);
      continue;
    }
    const size_t before = found.files.size();
    search_folder(path, found, run);
    if (found.files.size() == before && found.excluded.empty()) {
      throw Error("EMPTY_FOLDER", path + " holds no files", path, "", "Name the folder that holds the DICOM files.");
    }
  }
  std::ranges::sort(found.files);
  const auto repeated = std::ranges::unique(found.files);
  found.files.erase(repeated.begin(), repeated.end());
  return found;
}

std::vector<std::string> resolve_directory(const std::string& path, const std::vector<std::string>& referenced_files,
                                           std::vector<ExcludedFile>& excluded) {
  std::vector<std::string> files;
  for (const std::string& reference : referenced_files) {
    std::string relative = reference;
    std::ranges::replace(relative, '\\', '/');
    const fs::path below = fs::path(relative).lexically_normal();
    const fs::path file = fs::path(path).parent_path() / below;
    std::error_code error;
    if (below.is_absolute() || (!below.empty() && *below.begin() == "..")) {
      excluded.push_back({file.string(), "UNREADABLE_FILE", "the DICOMDIR names a file outside of its folder"});
    } else if (!fs::is_regular_file(file, error)) {
      excluded.push_back({file.string(), "FILE_NOT_FOUND", "the DICOMDIR names a file that does not exist"});
    } else {
      files.push_back(file.string());
    }
  }
  return files;
}

}  // namespace hepatica::dicom
