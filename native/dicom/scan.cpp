#include "dicom/scan.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <set>
#include <string_view>
#include <system_error>

#include "core/error.h"
#include "core/parallel.h"
#include "dicom/find_files.h"

namespace hepatica::dicom {
namespace {

// Of the whole reading, the part that headers take: what progress shows.
constexpr double kScanFraction = 0.3;

std::vector<HeaderResult> read_headers(const std::vector<std::string>& files, Run& run) {
  std::vector<HeaderResult> results(files.size());
  std::atomic<size_t> done{0};
  parallel_for(static_cast<int64_t>(files.size()), run, [&](int64_t i) {
    results[i] = read_header(files[i]);
    run.progress(kScanFraction * static_cast<double>(++done) / static_cast<double>(files.size()));
  });
  return results;
}

// Names, the first few of many.
std::string some_of(const std::vector<std::string>& names) {
  constexpr size_t kNamed = 10;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kNamed); ++i) text += (i ? ", " : "") + names[i];
  return names.size() > kNamed ? text + " and " + std::to_string(names.size() - kNamed) + " more" : text;
}

[[noreturn]] void throw_no_dicom(const std::vector<std::string>& paths, const Scan& scan) {
  const std::string remedy = "Give a folder or files of a CT series in DICOM format.";
  const bool is_alone = paths.empty() || (paths.size() == 1 && scan.excluded[0].file == paths[0]);
  if (scan.excluded.size() == 1 && is_alone) {
    const ExcludedFile& only = scan.excluded[0];
    throw Error(only.code, only.file + " cannot be read as DICOM: " + only.reason, only.file, "", remedy);
  }
  std::string message = "No DICOM objects among " + std::to_string(scan.excluded.size()) + " files";
  std::vector<std::string> reasons;
  for (const ExcludedFile& file : scan.excluded) reasons.push_back(file.file + " (" + file.reason + ")");
  if (!reasons.empty()) message += ": " + some_of(reasons);
  throw Error("NO_DICOM", message, paths.empty() ? "" : paths[0], "", remedy);
}

std::string of_all_named(const DicomObject& directory) {
  return " of " + std::to_string(directory.referenced_files.size()) + " files that " + directory.path + " names are ";
}

DirectoryFiles check_directory(const DicomObject& directory, Run& run) {
  DirectoryFiles named = resolve_directory(directory.path, directory.referenced_files);
  if (!named.missing.empty()) {
    run.warn("MISSING_FILES",
             std::to_string(named.missing.size()) + of_all_named(directory) + "missing: " + some_of(named.missing));
  }
  return named;
}

// What a DICOMDIR in memory names is told by UIDs: files there have other names than on the disc, or none.
void check_in_memory(const DicomObject& directory, const std::vector<std::unique_ptr<DicomObject>>& objects, Run& run) {
  std::set<std::string_view> present;
  for (const auto& object : objects) present.insert(object->sop_instance_uid);
  std::vector<std::string> missing = directory.referenced_instances;
  std::erase_if(missing, [&](const std::string& uid) { return present.contains(uid); });
  if (missing.empty()) return;
  run.warn("MISSING_FILES",
           std::to_string(missing.size()) + of_all_named(directory) + "not among those given: " + some_of(missing));
}

// The files that a DICOMDIR given by name leads to.
std::vector<std::string> follow_directory(const DicomObject& directory, Scan& scan, Run& run) {
  DirectoryFiles named = check_directory(directory, run);
  if (!named.other_names.empty()) {
    run.warn("OTHER_FILE_NAMES", std::to_string(named.other_names.size()) + of_all_named(directory) +
                                     "there under other names: " + some_of(named.other_names));
  }
  scan.excluded.insert(scan.excluded.end(), named.excluded.begin(), named.excluded.end());
  return std::move(named.files);
}

// A file that is none by its content counts if its name says that it should be one; of what may not be opened, and so
// shows none, the name says nothing.
bool may_be_slices(const ExcludedFile& file) {
  namespace fs = std::filesystem;
  if (file.code == "CORRUPT_FILE") return true;
  const std::string ending = fs::path(file.file).extension().string();
  const bool named_dicom = ending == ".dcm" || ending == ".DCM" || ending == ".ima" || ending == ".IMA";
  if (file.code == "NOT_DICOM" || (file.code == "UNREADABLE_FILE" && named_dicom)) return named_dicom;
  std::error_code ignored;
  const fs::file_status status = fs::status(file.file, ignored);
  return file.code == "UNREADABLE_FILE" && (fs::is_directory(status) || fs::is_regular_file(status));
}

// A damaged file may be a slice of the series that is read, so that it is not enough to list it among others that were
// left out.
void warn_of_damaged(const std::vector<ExcludedFile>& excluded, Run& run) {
  std::vector<std::string> damaged;
  for (const ExcludedFile& file : excluded) {
    if (may_be_slices(file)) damaged.push_back(file.file + " (" + file.reason + ")");
  }
  if (damaged.empty()) return;
  std::ranges::sort(damaged);
  run.warn("DAMAGED_FILES", std::to_string(damaged.size()) +
                                " files or folders cannot be read and were left out, though they may belong to the "
                                "series: " +
                                some_of(damaged));
}

// Moves the objects of `results` to the scan; returns the files that DICOMDIRs given by name lead to.
std::vector<std::string> take_objects(const std::vector<std::string>& paths, const std::vector<std::string>& files,
                                      std::vector<HeaderResult> results, Scan& scan, Run& run) {
  std::vector<std::string> referenced;
  for (size_t i = 0; i < files.size(); ++i) {
    HeaderResult& result = results[i];
    if (!result.object) {
      scan.excluded.push_back({files[i], result.failure.code, result.failure.reason});
    } else if (result.object->sop_class_uid == kMediaStorageDirectory) {
      scan.excluded.push_back({files[i], "DICOMDIR", "a directory of other files, no image"});
      if (std::ranges::find(paths, files[i]) == paths.end()) {
        // Its folder was searched: what is there was found, under whatever name.
        check_directory(*result.object, run);
        continue;
      }
      const std::vector<std::string> more = follow_directory(*result.object, scan, run);
      referenced.insert(referenced.end(), more.begin(), more.end());
    } else {
      scan.objects.push_back(std::move(result.object));
    }
  }
  return referenced;
}

}  // namespace

Scan scan_headers(const std::vector<std::string>& paths, Scan in_memory, int64_t most_files, Run& run) {
  const StageTimer timer(run, "scan headers");
  FoundFiles found = find_files(paths, most_files, run);
  Scan scan;
  scan.excluded = std::move(found.excluded);
  std::vector<std::string> referenced = take_objects(paths, found.files, read_headers(found.files, run), scan, run);
  std::erase_if(referenced, [&](const std::string& file) { return std::ranges::binary_search(found.files, file); });
  std::ranges::sort(referenced);
  const auto repeated = std::ranges::unique(referenced);
  referenced.erase(repeated.begin(), repeated.end());
  take_objects({}, referenced, read_headers(referenced, run), scan, run);
  std::ranges::sort(scan.objects, {}, [](const auto& object) -> const std::string& { return object->path; });
  std::ranges::move(in_memory.objects, std::back_inserter(scan.objects));
  std::ranges::move(in_memory.excluded, std::back_inserter(scan.excluded));
  if (scan.objects.empty()) throw_no_dicom(paths, scan);
  for (const auto& directory : in_memory.directories) check_in_memory(*directory, scan.objects, run);
  warn_of_damaged(scan.excluded, run);
  return scan;
}

void throw_too_many_files(const std::string& where, int64_t most_files) {
  throw Error("TOO_MANY_FILES", where + ": there are more than " + std::to_string(most_files) + " files", where,
              "maxFiles", "Name the series itself, or raise maxFiles.");
}

}  // namespace hepatica::dicom
