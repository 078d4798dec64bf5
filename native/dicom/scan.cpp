#include "dicom/scan.h"

#include <algorithm>
#include <atomic>

#include "core/error.h"
#include "core/parallel.h"
#include "dicom/find_files.h"

namespace hepatica::dicom {
namespace {

constexpr const char* kMediaStorageDirectory = "1.2.840.10008.1.3.10";
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

[[noreturn]] void throw_no_dicom(const std::vector<std::string>& paths, const Scan& scan) {
  const std::string remedy = "Give a folder or files of a CT series in DICOM format.";
  if (scan.excluded.size() == 1 && paths.size() == 1 && scan.excluded[0].file == paths[0]) {
    const ExcludedFile& only = scan.excluded[0];
    throw Error(only.code, only.file + " cannot be read as DICOM: " + only.reason, only.file, "", remedy);
  }
  std::string message = "No DICOM objects among " + std::to_string(scan.excluded.size()) + " files";
  if (!scan.excluded.empty()) message += "; " + scan.excluded[0].file + ": " + scan.excluded[0].reason;
  throw Error("NO_DICOM", message, paths.empty() ? "" : paths[0], "", remedy);
}

// Moves the objects of `results` to the scan; returns the files that DICOMDIRs given by name lead to.
std::vector<std::string> take_objects(const std::vector<std::string>& paths, const std::vector<std::string>& files,
                                      std::vector<HeaderResult> results, Scan& scan) {
  std::vector<std::string> referenced;
  for (size_t i = 0; i < files.size(); ++i) {
    HeaderResult& result = results[i];
    if (!result.object) {
      scan.excluded.push_back({files[i], result.failure.code, result.failure.reason});
    } else if (result.object->sop_class_uid == kMediaStorageDirectory) {
      scan.excluded.push_back({files[i], "DICOMDIR", "a directory of other files, no image"});
      if (std::ranges::find(paths, files[i]) == paths.end()) continue;
      auto more = resolve_directory(files[i], result.object->referenced_files, scan.excluded);
      referenced.insert(referenced.end(), more.begin(), more.end());
    } else {
      scan.objects.push_back(std::move(result.object));
    }
  }
  return referenced;
}

}  // namespace

Scan scan_headers(const std::vector<std::string>& paths, Run& run) {
  const StageTimer timer(run, "scan headers");
  FoundFiles found = find_files(paths, run);
  Scan scan;
  scan.excluded = std::move(found.excluded);
  std::vector<std::string> referenced = take_objects(paths, found.files, read_headers(found.files, run), scan);
  std::erase_if(referenced, [&](const std::string& file) { return std::ranges::binary_search(found.files, file); });
  std::ranges::sort(referenced);
  const auto repeated = std::ranges::unique(referenced);
  referenced.erase(repeated.begin(), repeated.end());
  take_objects({}, referenced, read_headers(referenced, run), scan);
  if (scan.objects.empty()) throw_no_dicom(paths, scan);
  std::ranges::sort(scan.objects, {}, [](const auto& object) -> const std::string& { return object->path; });
  return scan;
}

}  // namespace hepatica::dicom
