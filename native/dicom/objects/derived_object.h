// What all objects that are made of findings share: patient, study, identifiers, dates, and the bytes of the file.
#pragma once

#include <dcmtk/dcmdata/dcfilefo.h>

#include <string>
#include <vector>

#include "core/source_identity.h"
#include "dicom/objects/findings.h"

namespace hepatica::dicom {

inline constexpr const char* kManufacturer = "hepatica";
inline constexpr const char* kNotice = "For research use only. Not a medical device.";

class DerivedObject {
 public:
  // Throws Error GEOMETRY_MISMATCH, INVALID_ARGUMENT.
  DerivedObject(const Findings& findings, Run& run);

  // With UIDs where the files lack them, and without what names the patient where that is asked for.
  const SourceIdentity& source() const { return source_; }
  const std::string& date() const { return date_; }
  const std::string& time() const { return time_; }

  // UIDs follow from all that was found, so that objects of the same findings can refer to one another.
  std::string uid(const std::string& role) const;
  std::string tracking_uid(int lesion) const { return uid("tracking|" + std::to_string(lesion)); }
  static std::string tracking_id(int lesion) { return "hepatica lesion " + std::to_string(lesion); }

  // Patient, study, series of this one object, equipment, UIDs and dates of an object of the kind `role`, described as
  // hepatica's `what` of research; what is there already is replaced.
  void put_identity(DcmItem& dataset, const std::string& role, const std::string& what) const;

  // As a file, with a mark of hepatica's and a checksum in its preamble (src/output/ownership.ts).
  EncodedObject encode(DcmFileFormat& file, E_TransferSyntax syntax = EXS_LittleEndianExplicit) const;

 private:
  void put_deidentification(DcmItem& dataset) const;

  SourceIdentity source_;
  std::string name_;
  std::string date_;
  std::string time_;
  std::string software_version_;
  bool deidentified_ = false;
};

// Roles for UIDs.
inline constexpr const char* kSegmentationRole = "segmentation";
inline constexpr const char* kReportRole = "report";
inline constexpr const char* kStructureSetRole = "structure set";
inline constexpr const char* kSecondaryCaptureRole = "secondary capture";

// Where the object goes beyond what DCMTK takes.
[[noreturn]] void throw_not_made(const char* what, const char* why);

}  // namespace hepatica::dicom
