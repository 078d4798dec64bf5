#include "dicom/find_files.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/output_marks.h"
#include "dicom/scan.h"

namespace hepatica::dicom {
namespace fs = std::filesystem;
namespace {

ExcludedFile unreadable_folder(const fs::path& folder, const std::error_code& error) {
  return {folder.string(), "UNREADABLE_FILE", "the folder cannot be read: " + error.message()};
}

void search_folder(const fs::path& folder, int64_t most_files, FoundFiles& found, Run& run) {
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  if (error) {
    found.excluded.push_back(unreadable_folder(folder, error));
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
      if (static_cast<int64_t>(found.files.size()) > most_files) throw_too_many_files(folder.string(), most_files);
    } else if (entry->is_symlink(ignored) && entry->is_directory(ignored)) {
      found.excluded.push_back({entry->path().string(), "LINKED_FOLDER",
                                "it is a link to a folder, which is not followed: name that folder too"});
    } else if (entry->is_directory(ignored)) {
      // Asked before the iterator does: a folder that may not be read ends its whole walk.
      if (fs::directory_iterator(entry->path(), error); error) {
        found.excluded.push_back(unreadable_folder(entry->path(), error));
        entry.disable_recursion_pending();
      }
    } else {
      found.excluded.push_back({entry->path().string(), "UNREADABLE_FILE", "it is not a regular file"});
    }
    entry.increment(error);
    if (error) {
      found.excluded.push_back(unreadable_folder(folder, error));
      return;
    }
  }
}

std::string lower_case(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

// The name without case, version (";1") and an ending that images have: what discs and copies of them agree on.
std::string bare_name(const std::string& name) {
  std::string bare = lower_case(name.substr(0, name.find(';')));
  for (const std::string_view ending : {".dcm", ".dicom", ".ima", ".img", "."}) {
    if (bare.size() > ending.size() && bare.ends_with(ending)) return bare.substr(0, bare.size() - ending.size());
  }
  return bare;
}

// Files by the names that a DICOMDIR gives them; each folder is listed once.
class NameFinder {
 public:
  explicit NameFinder(fs::path root) : root_(std::move(root)) {}

  std::optional<fs::path> find(const fs::path& below) {
    fs::path at = root_;
    for (auto part = below.begin(); part != below.end(); ++part) {
      const bool last = std::next(part) == below.end();
      const std::optional<std::string> name = name_in(at, part->string(), last);
      if (!name) return std::nullopt;
      at /= *name;
    }
    std::error_code error;
    return fs::is_regular_file(at, error) ? std::optional(at) : std::nullopt;
  }

 private:
  std::optional<std::string> name_in(const fs::path& folder, const std::string& name, bool is_file) {
    const std::vector<std::string>& names = names_of(folder);
    if (std::ranges::binary_search(names, name)) return name;
    const auto only = [&](auto&& key) -> std::optional<std::string> {
      const auto same = [&](const std::string& other) { return key(other) == key(name); };
      const auto found = std::ranges::find_if(names, same);
      if (found == names.end() || std::find_if(std::next(found), names.end(), same) != names.end()) return std::nullopt;
      return *found;
    };
    const std::optional<std::string> by_case = only(lower_case);
    return by_case || !is_file ? by_case : only(bare_name);
  }

  const std::vector<std::string>& names_of(const fs::path& folder) {
    const auto [entry, is_new] = names_.try_emplace(folder.string());
    std::error_code error;
    if (is_new) {
      for (fs::directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
        entry->second.push_back(file->path().filename().string());
      }
      std::ranges::sort(entry->second);
    }
    return entry->second;
  }

  fs::path root_;
  std::map<std::string, std::vector<std::string>> names_;
};

}  // namespace

FoundFiles find_files(const std::vector<std::string>& paths, int64_t most_files, Run& run) {
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
    search_folder(path, most_files, found, run);
    if (found.files.size() == before && found.excluded.empty()) {
      throw Error("EMPTY_FOLDER", path + " holds no files", path, "", "Name the folder that holds the DICOM files.");
    }
  }
  std::ranges::sort(found.files);
  const auto repeated = std::ranges::unique(found.files);
  found.files.erase(repeated.begin(), repeated.end());
  return found;
}

DirectoryFiles resolve_directory(const std::string& path, const std::vector<std::string>& referenced_files) {
  DirectoryFiles result;
  NameFinder finder(fs::path(path).parent_path());
  for (const std::string& reference : referenced_files) {
    std::string relative = reference;
    std::ranges::replace(relative, '\\', '/');
    const fs::path below = fs::path(relative).lexically_normal();
    const fs::path named = fs::path(path).parent_path() / below;
    if (below.empty() || below.is_absolute() || *below.begin() == "..") {
      result.excluded.push_back({named.string(), "UNREADABLE_FILE", "the DICOMDIR names a file outside of its folder"});
      continue;
    }
    const std::optional<fs::path> file = finder.find(below);
    if (!file) {
      result.excluded.push_back({named.string(), "FILE_NOT_FOUND", "the DICOMDIR names a file that does not exist"});
      result.missing.push_back(reference);
      continue;
    }
    if (*file != named) result.other_names.push_back(reference + ": " + file->string());
    result.files.push_back(file->string());
  }
  return result;
}

}  // namespace hepatica::dicom
