// Synthetic series for the tests: written by the project's own writer, then edited through DCMTK.
#pragma once

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmdata/dcvrss.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "../source_folder.h"
#include "core/error.h"
#include "dicom/read_series.h"
#include "dicom/uid.h"
#include "dicom/write_ct_series.h"

namespace hepatica::test {

namespace fs = std::filesystem;

class TempFolder {
 public:
  TempFolder() {
    std::string name = (fs::temp_directory_path() / "hepatica-dicom-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TempFolder() { fs::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string operator/(const std::string& name) const { return (fs::path(path_) / name).string(); }
  const std::string& str() const { return path_; }

 private:
  std::string path_;
};

// HU from -1000 to 1999 that differ in every slice; odd sizes.
inline Volume make_volume(int64_t slices = 6, int64_t columns = 33, int64_t rows = 17) {
  Volume volume;
  volume.geometry.size = {columns, rows, slices};
  volume.geometry.spacing_mm = {0.7, 0.8, 2.5};
  volume.geometry.origin_mm = {-100.5, -90.25, 40};
  std::vector<int16_t> hu(static_cast<size_t>(volume.geometry.voxel_count()));
  uint32_t state = 1;
  for (int16_t& value : hu) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<int16_t>(-1000 + static_cast<int>((state >> 8) % 3000));
  }
  volume.hu = hu;
  return volume;
}

// Study, series and frame of reference follow from the attributes alone, so that what a test writes with the same ones
// is one series to a reader. What an earlier call wrote there is replaced.
inline std::vector<std::string> write_series(const TempFolder& folder, const Volume& volume,
                                             CtSeriesAttributes attributes = {}, const std::string& name = "s") {
  const auto or_named = [](std::string& uid, const std::string& text) {
    if (uid.empty()) uid = dicom::name_based_uid(text);
  };
  const std::string study = attributes.patient_id + "|" + attributes.study_description + "|" + attributes.study_date;
  or_named(attributes.study_instance_uid, "study|" + study);
  or_named(attributes.frame_of_reference_uid, "frame|" + attributes.study_instance_uid);
  or_named(attributes.series_instance_uid, attributes.study_instance_uid + "|" +
                                               std::to_string(attributes.series_number) + "|" +
                                               attributes.series_description);
  fs::remove_all(folder / name);
  Run run;
  return write_ct_series(volume, folder / name, attributes, run).files;
}

inline void edit_file(const std::string& path, const std::function<void(DcmDataset&)>& edit,
                      E_TransferSyntax syntax = EXS_Unknown) {
  DcmFileFormat file;
  REQUIRE(file.loadFile(path.c_str()).good());
  REQUIRE(file.loadAllDataIntoMemory().good());
  const E_TransferSyntax original = file.getDataset()->getOriginalXfer();
  edit(*file.getDataset());
  REQUIRE(file.saveFile(path.c_str(), syntax == EXS_Unknown ? original : syntax).good());
}

inline void edit_files(const std::vector<std::string>& paths, const std::function<void(DcmDataset&, size_t)>& edit) {
  for (size_t i = 0; i < paths.size(); ++i) edit_file(paths[i], [&](DcmDataset& dataset) { edit(dataset, i); });
}

inline void set(DcmDataset& dataset, const DcmTagKey& tag, const std::string& value) {
  REQUIRE(dataset.putAndInsertString(DcmTag(tag), value.c_str()).good());
}

// Replaces the cells of a slice, and how they are described.
inline void set_cells(DcmDataset& dataset, const std::vector<uint16_t>& cells, int bits_stored, bool is_signed) {
  dataset.putAndInsertUint16(DCM_BitsStored, static_cast<Uint16>(bits_stored));
  dataset.putAndInsertUint16(DCM_HighBit, static_cast<Uint16>(bits_stored - 1));
  dataset.putAndInsertUint16(DCM_PixelRepresentation, is_signed ? 1 : 0);
  dataset.putAndInsertUint16Array(DCM_PixelData, cells.data(), static_cast<unsigned long>(cells.size()));
}

inline SeriesVolume read(const std::string& path, ReadSeriesOptions options = {}, int threads = 0) {
  Run run;
  run.threads = threads;
  return read_series({path}, options, run);
}

inline const std::vector<int16_t>& ints(const Volume& volume) { return std::get<std::vector<int16_t>>(volume.hu); }

// The error that reading ends with; its code is "none" where there is none.
inline Error error_of(const std::string& path, ReadSeriesOptions options = {}) {
  try {
    read(path, options);
  } catch (const Error& error) {
    return error;
  }
  return Error("none", "read without an error");
}

inline bool has_code(const std::vector<ExcludedFile>& excluded, const std::string& file, const std::string& code) {
  for (const ExcludedFile& entry : excluded) {
    if (entry.code == code && entry.file == file) return true;
  }
  return false;
}

inline bool has_code(const std::vector<Warning>& warnings, const std::string& code) {
  for (const Warning& warning : warnings) {
    if (warning.code == code) return true;
  }
  return false;
}

inline void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// Real data lies beside the project; where it is absent the test says so.
inline std::string shared_data(const std::string& name) {
  const char* shared = std::getenv("HEPATICA_SHARED");
  const fs::path root = shared ? fs::path(shared) : fs::path(in_source_folder("../shared"));
  const fs::path path = root / "data" / "dicom" / name;
  if (fs::exists(path)) return path.string();
  MESSAGE("skipped: " << path.string() << " is absent");
  return {};
}

}  // namespace hepatica::test
