#include "dicom/objects/derived_object.h"

#include <dcmtk/dcmdata/dcostrmb.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <span>
#include <string_view>

#include "core/error.h"
#include "core/sha1.h"
#include "dicom/dcmtk_setup.h"
#include "dicom/objects/codes.h"
#include "dicom/tags.h"
#include "dicom/uid.h"
#include "dicom/write_dataset.h"

namespace hepatica::dicom {
namespace {

constexpr size_t kPreambleBytes = 128;
constexpr int64_t kLargestSide = 65535;  // Rows and Columns are 16-bit
// Of objects whose study has no date: DICOM asks for one.
constexpr const char* kNoDate = "19000101";
constexpr const char* kNoTime = "000000";

class ContentHash {
 public:
  void add(std::string_view text) {
    add_number(static_cast<double>(text.size()));
    sha_.update(text.data(), text.size());
  }
  void add_number(double number) {
    const auto bits = std::bit_cast<uint64_t>(number == 0 ? 0.0 : number);
    sha_.update(&bits, sizeof(bits));
  }
  void add(const Geometry& geometry) {
    for (const int64_t side : geometry.size) add_number(static_cast<double>(side));
    for (const double value : geometry.spacing_mm) add_number(value);
    for (const double value : geometry.origin_mm) add_number(value);
    for (const double value : geometry.direction) add_number(value);
  }
  void add(const Mask* mask) {
    add_number(mask ? static_cast<double>(mask->voxels.size()) : -1);
    if (mask) sha_.update(mask->voxels.data(), mask->voxels.size());
  }
  std::string finish() {
    const Sha1Digest digest = sha_.finish();
    return {digest.begin(), digest.end()};
  }

 private:
  Sha1 sha_;
};

void add(ContentHash& hash, const LesionFinding& lesion) {
  hash.add_number(lesion.id);
  hash.add_number(static_cast<double>(lesion.type));
  for (const double probability : lesion.probabilities) hash.add_number(probability);
  for (const double value :
       {lesion.detection_probability, lesion.volume_ml, lesion.diameter_mm, lesion.perpendicular_mm, lesion.mean_hu,
        lesion.sd_hu, lesion.recist_measurable ? 1.0 : 0.0, lesion.surface_distance_mm.value_or(-1)}) {
    hash.add_number(value);
  }
  hash.add(lesion.place);
}

void add_content(ContentHash& hash, const Findings& findings) {
  hash.add(findings.geometry());
  hash.add(findings.structure_mask.get());
  hash.add(findings.lesion_mask.get());
  for (const LesionFinding& lesion : findings.lesions) add(hash, lesion);
}

std::string name_of(const Findings& findings) {
  ContentHash hash;
  hash.add(findings.source.study_instance_uid);
  hash.add(findings.source.series_instance_uid);
  for (const SourceInstance& instance : findings.source.instances) {
    hash.add(instance.sop_instance_uid);
    hash.add_number(instance.frame.value_or(0));
  }
  hash.add(findings.structure);
  if (findings.identity.empty()) add_content(hash, findings);
  for (const NetworkIdentity& network : findings.networks) {
    hash.add(network.kind);  // one file may hold more than the network that spoke
    hash.add(network.sha256);
  }
  if (findings.identity.empty()) {
    for (const std::string& doubt : findings.doubts) hash.add(doubt);
    hash.add(findings.contrast);
  } else {
    hash.add(findings.identity);
  }
  hash.add(findings.software_version);
  hash.add(findings.date + findings.time);
  hash.add_number(findings.deidentify ? 1 : 0);
  return hash.finish();
}

void check_grid(const Findings& findings) {
  const Size3& size = findings.geometry().size;
  const bool lesions_fit = !findings.lesion_mask || findings.lesion_mask->geometry.size == size;
  if (findings.source.slices.size() != static_cast<size_t>(size[2]) || !lesions_fit) {
    throw Error("GEOMETRY_MISMATCH",
                "Expected the masks to have the " + std::to_string(findings.source.slices.size()) +
                    " slices of their series, received " + std::to_string(size[2]),
                "", "mask", "Pass the mask on the grid of the volume that was read.");
  }
  const auto count = static_cast<int>(findings.source.instances.size());
  for (const std::vector<int>& slice : findings.source.slices) {
    if (std::ranges::any_of(slice, [&](int index) { return index < 0 || index >= count; })) {
      throw Error("INVALID_ARGUMENT", "Expected the slices of the source to name its instances", "", "source", "");
    }
  }
  if (size[0] < 1 || size[1] < 1 || size[0] > kLargestSide || size[1] > kLargestSide) {
    throw Error("INVALID_ARGUMENT", "Expected slices of 1 to 65535 rows and columns", "", "mask", "");
  }
}

SourceIdentity without_patient(SourceIdentity source) {
  for (std::string* text :
       {&source.patient_birth_date, &source.patient_sex, &source.study_date, &source.study_time, &source.study_id,
        &source.study_description, &source.accession_number, &source.referring_physician, &source.series_number}) {
    text->clear();
  }
  source.patient_id = source.patient_name = "ANONYMOUS";
  return source;
}

SourceIdentity complete(SourceIdentity source) {
  const std::string series = source.series_instance_uid;
  if (source.study_instance_uid.empty()) source.study_instance_uid = name_based_uid("study of|" + series);
  if (source.frame_of_reference_uid.empty()) source.frame_of_reference_uid = name_based_uid("frame of|" + series);
  return source;
}

void mark_preamble(std::vector<uint8_t>& bytes) {
  const auto checksum = crc32(0, bytes.data() + kPreambleBytes, static_cast<uInt>(bytes.size() - kPreambleBytes));
  std::snprintf(reinterpret_cast<char*>(bytes.data()), kPreambleBytes, "hepatica crc32:%08lx",
                static_cast<unsigned long>(checksum));
}

}  // namespace

void throw_not_made(const char* what, const char* why) {
  throw Error("INTERNAL_ERROR", std::string("The ") + what + " cannot be made: " + why, "", "", "");
}

DerivedObject::DerivedObject(const Findings& findings, Run& run)
    : software_version_(findings.software_version), deidentified_(findings.deidentify) {
  ensure_dcmtk_ready();
  run.check_cancelled();
  check_grid(findings);
  name_ = name_of(findings);
  source_ = complete(deidentified_ ? without_patient(findings.source) : findings.source);
  const auto first_of = [](const std::string& a, const std::string& b, const char* c) {
    return !a.empty() ? a : !b.empty() ? b : std::string(c);
  };
  date_ = first_of(findings.date, source_.study_date, kNoDate);
  time_ = first_of(findings.time, findings.date.empty() ? source_.study_time : "", kNoTime);
}

std::string DerivedObject::uid(const std::string& role) const { return name_based_uid(role + "|" + name_); }

void DerivedObject::put_identity(DcmItem& dataset, const std::string& role, const std::string& what) const {
  put(dataset, tag::kSpecificCharacterSet, EVR_CS, "ISO_IR 192");
  put(dataset, tag::kSopInstanceUid, EVR_UI, uid(role + " instance"));
  put(dataset, tag::kSeriesInstanceUid, EVR_UI, uid(role + " series"));
  put(dataset, tag::kSeriesDescription, EVR_LO, "hepatica " + what + " (research only)");
  put(dataset, tag::kSeriesNumber, EVR_IS, "1");
  put(dataset, tag::kInstanceNumber, EVR_IS, "1");
  put(dataset, tag::kStudyDate, EVR_DA, source_.study_date);
  put(dataset, tag::kStudyTime, EVR_TM, source_.study_time);
  put(dataset, tag::kAccessionNumber, EVR_SH, source_.accession_number);
  put(dataset, tag::kReferringPhysicianName, EVR_PN, source_.referring_physician);
  if (!source_.study_description.empty()) {
    put(dataset, tag::kStudyDescription, EVR_LO, source_.study_description);
  }
  put(dataset, tag::kPatientName, EVR_PN, source_.patient_name);
  put(dataset, tag::kPatientId, EVR_LO, source_.patient_id);
  put(dataset, tag::kPatientBirthDate, EVR_DA, source_.patient_birth_date);
  put(dataset, tag::kPatientSex, EVR_CS, source_.patient_sex);
  put(dataset, tag::kStudyInstanceUid, EVR_UI, source_.study_instance_uid);
  put(dataset, tag::kStudyId, EVR_SH, source_.study_id);
  put(dataset, tag::kManufacturer, EVR_LO, kManufacturer);
  put(dataset, {0x0008, 0x1090}, EVR_LO, kManufacturer);      // ManufacturerModelName
  put(dataset, {0x0018, 0x1000}, EVR_LO, software_version_);  // DeviceSerialNumber
  put(dataset, {0x0018, 0x1020}, EVR_LO, software_version_);  // SoftwareVersions
  put(dataset, {0x0008, 0x0021}, EVR_DA, date_);              // SeriesDate
  put(dataset, {0x0008, 0x0031}, EVR_TM, time_);
  if (deidentified_) put_deidentification(dataset);
}

// The Basic Application Level Confidentiality Profile with UIDs retained, so that the object still refers to its images
// (PS3.15 annex E, PS3.16 CID 7050).
void DerivedObject::put_deidentification(DcmItem& dataset) const {
  put(dataset, {0x0012, 0x0062}, EVR_CS, "YES");  // PatientIdentityRemoved
  put(dataset, {0x0012, 0x0063}, EVR_LO, "hepatica: patient and study texts and dates removed, UIDs kept");
  const Code codes[] = {{"113100", "DCM", "Basic Application Confidentiality Profile"},
                        {"113110", "DCM", "Retain UIDs Option"}};
  for (long i = 0; i < 2; ++i) {
    DcmItem* item = nullptr;
    dataset.findOrCreateSequenceItem(DcmTag(0x0012, 0x0064, DcmVR(EVR_SQ)), item, i);
    put_code(*item, codes[i]);
  }
}

EncodedObject DerivedObject::encode(DcmFileFormat& file, E_TransferSyntax syntax) const {
  file.validateMetaInfo(syntax);
  file.transferInit();
  std::vector<uint8_t> bytes(file.calcElementLength(syntax, EET_ExplicitLength) + 65536);
  DcmOutputBufferStream stream(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  const OFCondition status = file.write(stream, syntax, EET_ExplicitLength, nullptr, EGL_recalcGL, EPD_withoutPadding);
  file.transferEnd();
  if (status.bad()) throw_not_made("object", status.text());
  void* start = nullptr;
  offile_off_t written = 0;
  stream.flushBuffer(start, written);
  bytes.resize(static_cast<size_t>(written));
  mark_preamble(bytes);
  const auto text = [&](Tag tag) {
    OFString value;
    file.getDataset()->findAndGetOFString(DcmTagKey(tag.group, tag.element), value);
    return std::string(value.c_str());
  };
  return {std::move(bytes), text(tag::kSopClassUid), text(tag::kSopInstanceUid), text(tag::kSeriesInstanceUid)};
}

}  // namespace hepatica::dicom
