// What a series is read from: paths, and files in memory, whose pixels are decoded as the files come.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/input_file.h"
#include "core/run.h"
#include "core/volume_limit.h"
#include "dicom/scan.h"

namespace hepatica {

// How much may be looked into, whatever it is called and wherever it lies.
struct IntakeLimits {
  static constexpr int64_t kDefaultFiles = 500'000;

  int64_t most_files = kDefaultFiles;
  // Of all that waits in memory for its volume. Twice the largest volume: other series, and copies, wait as well.
  int64_t most_held_bytes = 4 * VolumeLimit::kDefaultVoxels;
};

class SeriesIntake {
 public:
  SeriesIntake() = default;
  // Of another series than `series`, where it is given, only headers are kept.
  SeriesIntake(std::string series, IntakeLimits limits) : series_(std::move(series)), limits_(limits) {}

  // A file, a folder (searched with its sub-folders) or a DICOMDIR. Throws Error TOO_MANY_FILES.
  void add_path(std::string path);

  // Files in memory, in the order that they are named in reports; they are let go of when they are decoded. Throws
  // Error TOO_MANY_FILES, INPUT_TOO_LARGE; what is wrong with a file is said by reading.
  void add(const std::vector<InputFile>& files, Run& run);

  // All headers; what was taken in is gone afterwards. Throws Error as scan_headers().
  dicom::Scan scan(Run& run);

 private:
  void hold(const std::vector<dicom::DicomObject*>& objects, Run& run);

  std::string series_;
  IntakeLimits limits_;
  std::vector<std::string> paths_;
  dicom::Scan in_memory_;
  int64_t files_ = 0;
  int64_t held_bytes_ = 0;
};

}  // namespace hepatica
