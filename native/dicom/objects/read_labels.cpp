#include "dicom/objects/read_labels.h"

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcuid.h>

#include <filesystem>
#include <system_error>

#include "core/error.h"
#include "dicom/dcmtk_setup.h"
#include "dicom/objects/read_label_objects.h"
#include "dicom/tags.h"
#include "dicom/values.h"

namespace hepatica {
namespace {

namespace fs = std::filesystem;
using namespace dicom;

// Label Map Segmentation Storage, which DCMTK 3.6.7 does not know.
constexpr const char* kLabelMap = "1.2.840.10008.5.1.4.1.1.66.7";
constexpr uintmax_t kMostBytes = uintmax_t{4} << 30;

void load(const std::string& path, DcmFileFormat& file) {
  std::error_code error;
  if (!fs::exists(path, error)) throw Error("FILE_NOT_FOUND", path + " does not exist", path, "", "Check the path.");
  const uintmax_t bytes = fs::file_size(path, error);
  if (error || !fs::is_regular_file(path)) {
    throw Error("UNREADABLE_FILE", path + " cannot be read", path, "", "Name a file that you may read.");
  }
  if (bytes > kMostBytes) throw Error("VOLUME_TOO_LARGE", path + " is larger than 4 GiB", path, "", "");
  OFCondition status = file.loadFile(path.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_fileOnly);
  if (status == EC_FileMetaInfoHeaderMissing) {
    throw Error("NOT_DICOM", path + " is no DICOM file", path, "", "Name a SEG or RTSTRUCT.");
  }
  if (status.good()) status = file.loadAllDataIntoMemory();
  if (status.bad()) {
    throw Error("CORRUPT_FILE", path + " is damaged: " + status.text(), path, "", "Fetch the file again.");
  }
}

}  // namespace

LabelledMask read_dicom_labels(const std::string& path, const SourceIdentity& source, const Geometry& grid,
                               const std::vector<std::string>& segments, Run& run) {
  ensure_dcmtk_ready();
  run.begin_stage("reading", 0, 1);
  DcmFileFormat file;
  load(path, file);
  DcmDataset& dataset = *file.getDataset();
  const LabelGrid target(path, source, grid);
  const std::string sop_class = get_string(dataset, tag::kSopClassUid);
  if (sop_class == UID_RTStructureSetStorage) return read_structure_set(dataset, target, segments, run);
  if (sop_class == UID_SegmentationStorage || sop_class == kLabelMap) {
    return read_segmentation(dataset, target, segments, run);
  }
  throw Error("UNSUPPORTED_FORMAT", path + " is neither a DICOM segmentation nor an RT structure set", path,
              field_name(tag::kSopClassUid), "Name a SEG or RTSTRUCT of the series.");
}

}  // namespace hepatica
