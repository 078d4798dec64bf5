#include "dicom/series_intake.h"

#include <utility>

#include "core/error.h"
#include "core/parallel.h"
#include "dicom/held_pixels.h"

namespace hepatica {

using namespace dicom;

void SeriesIntake::add_path(std::string path) {
  if (static_cast<int64_t>(paths_.size()) >= limits_.most_files) throw_too_many_files(path, limits_.most_files);
  paths_.push_back(std::move(path));
}

void SeriesIntake::add(const std::vector<InputFile>& files, Run& run) {
  files_ += static_cast<int64_t>(files.size());
  if (files_ > limits_.most_files) throw_too_many_files(files.back().name, limits_.most_files);
  std::vector<HeaderResult> results(files.size());
  parallel_for(static_cast<int64_t>(files.size()), run,
               [&](int64_t i) { results[size_t(i)] = read_header(files[size_t(i)]); });
  std::vector<DicomObject*> wanted;
  for (size_t i = 0; i < files.size(); ++i) {
    HeaderResult& result = results[i];
    if (!result.object) {
      in_memory_.excluded.push_back({files[i].name, result.failure.code, result.failure.reason});
      continue;
    }
    if (result.object->sop_class_uid == kMediaStorageDirectory) {
      in_memory_.excluded.push_back({files[i].name, "DICOMDIR", "a directory of other files, no image"});
      result.object->memory.reset();
      in_memory_.directories.push_back(std::move(result.object));
      continue;
    }
    const bool is_wanted = series_.empty() || result.object->series_instance_uid == series_;
    if (is_wanted) wanted.push_back(result.object.get());
    if (!is_wanted) result.object->memory.reset();
    in_memory_.objects.push_back(std::move(result.object));
  }
  hold(wanted, run);
}

void SeriesIntake::hold(const std::vector<DicomObject*>& objects, Run& run) {
  for (const DicomObject* object : objects) {
    held_bytes_ += static_cast<int64_t>(bytes_to_hold(*object));
    if (held_bytes_ <= limits_.most_held_bytes) continue;
    throw Error("INPUT_TOO_LARGE",
                object->path + ": the images up to this one take more than " +
                    std::to_string(limits_.most_held_bytes >> 20) + " MiB of memory when they are decoded",
                object->path, "maxVoxels",
                "Name the series with the option series, so that others are not kept, or raise maxVoxels.");
  }
  hold_pixels(objects, run);
}

Scan SeriesIntake::scan(Run& run) {
  return scan_headers(std::exchange(paths_, {}), std::exchange(in_memory_, {}), limits_.most_files - files_, run);
}

}  // namespace hepatica
