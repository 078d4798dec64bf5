#include "dicom/write_dataset.h"

#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcrlerp.h>
#include <dcmtk/dcmdata/dcxfer.h>
#include <dcmtk/dcmjpeg/djrplol.h>
#include <dcmtk/dcmjpls/djrparam.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <new>
#include <system_error>
#include <variant>

#include "core/error.h"
#include "dicom/transfer_syntax.h"

namespace hepatica::dicom {
namespace fs = std::filesystem;
namespace {

std::unique_ptr<DcmRepresentationParameter> encoder_parameter(const TransferSyntax& syntax) {
  switch (syntax.coding) {
    case PixelCoding::kRle:
      return std::make_unique<DcmRLERepresentationParameter>();
    case PixelCoding::kJpeg:
      return std::make_unique<DJ_RPLossless>(1, 0);
    case PixelCoding::kJpegLs:
      return std::make_unique<DJLSRepresentationParameter>(0, OFTrue);
    default:
      return nullptr;
  }
}

[[noreturn]] void throw_unwritable(const std::string& path, const std::string& why) {
  throw Error("OUTPUT_UNWRITABLE", path + " cannot be written: " + why, path, "",
              "Check that the folder exists, that you may write there and that there is space.");
}

}  // namespace

const TransferSyntax& writable_syntax(const std::string& uid) {
  const TransferSyntax* syntax = find_transfer_syntax(uid);
  if (syntax && !syntax->lossy && !syntax->may_be_lossy && syntax->coding != PixelCoding::kJpeg2000) return *syntax;
  throw Error("UNSUPPORTED_TRANSFER_SYNTAX", "Series cannot be written in transfer syntax " + uid, "",
              "transfer_syntax_uid", "Choose an uncompressed syntax, RLE, JPEG lossless or JPEG-LS lossless.");
}

void put(DcmItem& item, Tag tag, DcmEVR vr, const std::string& value) {
  item.putAndInsertString(DcmTag(tag.group, tag.element, DcmVR(vr)), value.c_str());
}

void put(DcmItem& item, Tag tag, uint16_t value) {
  item.putAndInsertUint16(DcmTag(tag.group, tag.element, DcmVR(EVR_US)), value);
}

std::string decimal_string(double value) {
  if (std::abs(value) < 1e-12) return "0";
  char text[40];
  for (int digits = 15; digits > 0; --digits) {
    if (std::snprintf(text, sizeof(text), "%.*g", digits, value) <= 16) break;
  }
  return {text};
}

std::string decimal_strings(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) {
    if (!text.empty()) text += '\\';
    text += decimal_string(value);
  }
  return text;
}

void put_identity(DcmItem& dataset, const CtSeriesAttributes& attributes, const std::string& sop_class_uid,
                  const std::string& sop_instance_uid) {
  put(dataset, tag::kSpecificCharacterSet, EVR_CS, "ISO_IR 192");
  put(dataset, tag::kSopClassUid, EVR_UI, sop_class_uid);
  put(dataset, tag::kSopInstanceUid, EVR_UI, sop_instance_uid);
  put(dataset, {0x0008, 0x0020}, EVR_DA, attributes.study_date);
  put(dataset, {0x0008, 0x0030}, EVR_TM, attributes.study_time);
  put(dataset, {0x0008, 0x0050}, EVR_SH, "");  // AccessionNumber
  put(dataset, tag::kModality, EVR_CS, "CT");
  put(dataset, tag::kManufacturer, EVR_LO, attributes.manufacturer);
  put(dataset, {0x0008, 0x0090}, EVR_PN, "");  // ReferringPhysicianName
  put(dataset, {0x0008, 0x1030}, EVR_LO, attributes.study_description);
  put(dataset, tag::kSeriesDescription, EVR_LO, attributes.series_description);
  put(dataset, tag::kPatientName, EVR_PN, attributes.patient_name);
  put(dataset, tag::kPatientId, EVR_LO, attributes.patient_id);
  put(dataset, {0x0010, 0x0030}, EVR_DA, "");
  put(dataset, {0x0010, 0x0040}, EVR_CS, "");
  if (!attributes.contrast_agent.empty()) put(dataset, tag::kContrastBolusAgent, EVR_LO, attributes.contrast_agent);
  put(dataset, {0x0018, 0x0015}, EVR_CS, "ABDOMEN");  // BodyPartExamined
  put(dataset, {0x0018, 0x0060}, EVR_DS, "");         // KVP
  put(dataset, {0x0018, 0x5100}, EVR_CS, attributes.patient_position);
  put(dataset, tag::kStudyInstanceUid, EVR_UI, attributes.study_instance_uid);
  put(dataset, tag::kSeriesInstanceUid, EVR_UI, attributes.series_instance_uid);
  put(dataset, {0x0020, 0x0010}, EVR_SH, "1");
  put(dataset, {0x0020, 0x0011}, EVR_IS, std::to_string(attributes.series_number));
  put(dataset, tag::kAcquisitionNumber, EVR_IS, "1");
  put(dataset, tag::kFrameOfReferenceUid, EVR_UI, attributes.frame_of_reference_uid);
  put(dataset, {0x0020, 0x1040}, EVR_LO, "");  // PositionReferenceIndicator
}

void put_image_type(DcmItem& dataset, const CtSeriesAttributes& attributes, const std::string& form) {
  const bool derived = !attributes.derivation.empty();
  put(dataset, tag::kImageType, EVR_CS, (derived ? "DERIVED\\SECONDARY\\" : "ORIGINAL\\PRIMARY\\") + form);
  if (attributes.lossy) put(dataset, {0x0028, 0x2110}, EVR_CS, "01");          // LossyImageCompression
  if (derived) put(dataset, {0x0008, 0x2111}, EVR_ST, attributes.derivation);  // DerivationDescription
}

void put_pixel_format(DcmItem& dataset, const Geometry& geometry) {
  put(dataset, tag::kSamplesPerPixel, 1);
  put(dataset, tag::kPhotometricInterpretation, EVR_CS, "MONOCHROME2");
  put(dataset, tag::kRows, static_cast<uint16_t>(geometry.size[1]));
  put(dataset, tag::kColumns, static_cast<uint16_t>(geometry.size[0]));
  put(dataset, tag::kBitsAllocated, 16);
  put(dataset, tag::kBitsStored, 16);
  put(dataset, tag::kHighBit, 15);
  put(dataset, tag::kPixelRepresentation, 0);
}

std::vector<uint16_t> to_stored(const Volume& volume, int64_t first, int64_t count, int64_t& clamped) {
  constexpr double kHighest = std::numeric_limits<uint16_t>::max();
  const auto begin = static_cast<size_t>(first * volume.geometry.slice_pixels());
  std::vector<uint16_t> stored(static_cast<size_t>(count * volume.geometry.slice_pixels()));
  std::visit(
      [&](const auto& hu) {
        for (size_t i = 0; i < stored.size(); ++i) {
          const double value = std::round(static_cast<double>(hu[begin + i])) - kStoredIntercept;
          const bool fits = value >= 0 && value <= kHighest;  // NaN does not
          stored[i] = static_cast<uint16_t>(fits ? value : value > kHighest ? kHighest : 0);
          clamped += fits ? 0 : 1;
        }
      },
      volume.hu);
  return stored;
}

void put_pixels(DcmItem& dataset, const std::vector<uint16_t>& stored) {
  // A DcmPixelData, which the encoders take; a plain element of VR OW could not be compressed.
  auto pixels = std::make_unique<DcmPixelData>(DcmTag(tag::kPixelData.group, tag::kPixelData.element, DcmVR(EVR_OW)));
  if (pixels->putUint16Array(stored.data(), static_cast<unsigned long>(stored.size())).bad()) throw std::bad_alloc();
  dataset.insert(pixels.release(), OFTrue);
}

std::vector<double> orientation_of(const Geometry& geometry) {
  const Mat3& d = geometry.direction;
  return {d[0], d[3], d[6], d[1], d[4], d[7]};
}

double thickness_of(const Geometry& geometry, const CtSeriesAttributes& attributes) {
  return attributes.slice_thickness_mm > 0 ? attributes.slice_thickness_mm : geometry.spacing_mm[2];
}

void save_file(DcmFileFormat& file, const std::string& path, const std::string& transfer_syntax_uid) {
  const TransferSyntax& syntax = writable_syntax(transfer_syntax_uid);
  const E_TransferSyntax representation = DcmXfer(syntax.uid).getXfer();
  if (const auto parameter = encoder_parameter(syntax)) {
    const OFCondition status = file.getDataset()->chooseRepresentation(representation, parameter.get());
    if (status.bad()) throw_unwritable(path, status.text());
  }
  const fs::path target(path);
  const fs::path part = target.parent_path() / std::string(".").append(target.filename()).append(".part");
  const OFCondition status =
      file.saveFile(part.c_str(), representation, EET_ExplicitLength, EGL_recalcGL, EPD_noChange, 0, 0, EWM_fileformat);
  std::error_code error;
  if (status.good()) fs::rename(part, target, error);
  if (status.good() && !error) return;
  std::error_code ignored;
  fs::remove(part, ignored);
  throw_unwritable(path, status.bad() ? status.text() : error.message());
}

}  // namespace hepatica::dicom
