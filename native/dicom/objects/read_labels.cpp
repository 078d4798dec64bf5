#include "dicom/objects/read_labels.h"

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcuid.h>

#include <filesystem>
#include <system_error>

#include "core/error.h"
#include "dicom/dcmtk_setup.h"
#include "dicom/find_files.h"
#include "dicom/header.h"
#include "dicom/objects/read_label_objects.h"
#include "dicom/tags.h"
#include "dicom/values.h"

namespace hepatica {
namespace {

namespace fs = std::filesystem;
using namespace dicom;

// Label Map Segmentation Storage, which DCMTK 3.6.7 does not know.
constexpr const char* kLabelMap = "1.2.840.10008.5.1.4.1.1.66.7";
constexpr int64_t kMostFiles = 100'000;
constexpr uintmax_t kMostBytes = uintmax_t{4} << 30;

void check_file(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw Error("FILE_NOT_FOUND", path + " does not exist", path, "", "Check the path.");
  const uintmax_t bytes = fs::file_size(path, error);
  if (error || !fs::is_regular_file(path)) {
    throw Error("UNREADABLE_FILE", path + " cannot be read", path, "", "Name a file that you may read.");
  }
  if (bytes > kMostBytes) throw Error("VOLUME_TOO_LARGE", path + " is larger than 4 GiB", path, "", "");
}

OFCondition parse(const FileBytes& bytes, DcmFileFormat& file) {
  DcmInputBufferStream stream;
  stream.setBuffer(bytes.bytes.data(), static_cast<offile_off_t>(bytes.bytes.size()));
  stream.setEos();
  file.setReadMode(ERM_fileOnly);
  file.transferInit();
  const OFCondition status = file.read(stream, EXS_Unknown, EGL_noChange, DCM_MaxReadLength);
  file.transferEnd();
  return status;
}

void load(const InputFile& input, DcmFileFormat& file) {
  const std::string& path = input.name;
  if (!input.memory) check_file(path);
  OFCondition status = input.memory
                           ? parse(*input.memory, file)
                           : file.loadFile(path.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_fileOnly);
  if (status == EC_FileMetaInfoHeaderMissing) {
    throw Error("NOT_DICOM", path + " is no DICOM file", path, "", "Name a SEG or RTSTRUCT.");
  }
  if (status.good()) status = file.loadAllDataIntoMemory();
  if (status.bad()) {
    throw Error("CORRUPT_FILE", path + " is damaged: " + status.text(), path, "", "Fetch the file again.");
  }
}

bool is_segmentation(const std::string& sop_class) {
  return sop_class == UID_SegmentationStorage || sop_class == kLabelMap;
}

}  // namespace

LabelledMask read_dicom_labels(const InputFile& input, const SourceIdentity& source, const Geometry& grid,
                               const std::vector<std::string>& segments, Run& run) {
  ensure_dcmtk_ready();
  run.begin_stage("reading", 0, 1);
  DcmFileFormat file;
  load(input, file);
  DcmDataset& dataset = *file.getDataset();
  const std::string& path = input.name;
  const LabelGrid target(path, source, grid);
  const std::string sop_class = get_string(dataset, tag::kSopClassUid);
  if (sop_class == UID_RTStructureSetStorage) return read_structure_set(dataset, target, segments, run);
  if (is_segmentation(sop_class)) return read_segmentation(dataset, target, segments, run);
  if (sop_class.empty()) {
    throw Error("CORRUPT_FILE", path + " does not say what it is", path, field_name(tag::kSopClassUid),
                "Fetch the file again.");
  }
  throw Error("UNSUPPORTED_FORMAT", path + " is neither a DICOM segmentation nor an RT structure set", path,
              field_name(tag::kSopClassUid), "Name a SEG or RTSTRUCT of the series.");
}

std::optional<std::string> find_label_object(const std::string& path) {
  Run unheard;
  const std::vector<std::string> files = find_files({path}, kMostFiles, unheard).files;
  if (files.empty()) return std::nullopt;
  const HeaderResult first = read_header(files.front());
  if (!first.object) return std::nullopt;
  const std::string& sop_class = first.object->sop_class_uid;
  if (sop_class != UID_RTStructureSetStorage && !is_segmentation(sop_class)) return std::nullopt;
  if (files.size() == 1) return files.front();
  throw Error("AMBIGUOUS_SERIES", path + " holds " + std::to_string(files.size()) + " files, one of them labels", path,
              "label", "Name the one SEG or RTSTRUCT that labels the scan.");
}

}  // namespace hepatica
