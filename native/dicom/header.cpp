#include "dicom/header.h"

#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcsequen.h>

#include <cstring>

#include "core/error.h"
#include "dicom/dcmtk_setup.h"
#include "dicom/file.h"
#include "dicom/inflate.h"
#include "dicom/multiframe.h"
#include "dicom/settle_syntax.h"
#include "dicom/source_attributes.h"
#include "dicom/values.h"

namespace hepatica::dicom {
namespace {

HeaderResult failure(const char* code, std::string reason) { return {nullptr, {code, std::move(reason)}}; }

E_TransferSyntax parser_syntax(Encoding encoding) {
  if (encoding.big_endian) return EXS_BigEndianExplicit;
  return encoding.implicit_vr ? EXS_LittleEndianImplicit : EXS_LittleEndianExplicit;
}

bool parse_wanted(const DatasetLayout& layout, Encoding encoding, DcmDataset& dataset) {
  if (layout.wanted.empty()) return true;
  DcmInputBufferStream stream;
  stream.setBuffer(layout.wanted.data(), static_cast<offile_off_t>(layout.wanted.size()));
  stream.setEos();
  dataset.transferInit();
  const OFCondition status = dataset.read(stream, parser_syntax(encoding), EGL_noChange, DCM_MaxReadLength);
  dataset.transferEnd();
  return status.good();
}

void read_identity(DcmItem& dataset, DicomObject& object) {
  const std::string character_set = get_string(dataset, tag::kSpecificCharacterSet);
  const auto text = [&](DcmItem& item, Tag tag) { return get_text(item, tag, character_set); };
  if (const std::string uid = get_string(dataset, tag::kSopClassUid); !uid.empty()) object.sop_class_uid = uid;
  object.sop_instance_uid = get_string(dataset, tag::kSopInstanceUid);
  object.modality = get_string(dataset, tag::kModality);
  object.manufacturer = text(dataset, tag::kManufacturer);
  object.series_description = text(dataset, tag::kSeriesDescription);
  object.patient_id = text(dataset, tag::kPatientId);
  object.patient_name = text(dataset, tag::kPatientName);
  object.study_instance_uid = get_string(dataset, tag::kStudyInstanceUid);
  object.series_instance_uid = get_string(dataset, tag::kSeriesInstanceUid);
  object.frame_of_reference_uid = get_string(dataset, tag::kFrameOfReferenceUid);
  object.contrast_agent = text(dataset, tag::kContrastBolusAgent);
  if (DcmItem* agent = first_item(dataset, tag::kContrastBolusAgents); agent && object.contrast_agent.empty()) {
    object.contrast_agent = text(*agent, tag::kCodeMeaning);
  }
  object.acquisition_time = get_string(dataset, tag::kAcquisitionTime);
  object.content_time = get_string(dataset, tag::kContentTime);
  object.instance_number = get_string(dataset, tag::kInstanceNumber);
  object.lossy_image_compression = get_string(dataset, tag::kLossyImageCompression);
  object.source = read_source_attributes(dataset, object, character_set);
}

PixelFormat read_format(DcmItem& dataset) {
  PixelFormat format;
  format.rows = get_u16(dataset, tag::kRows).value_or(0);
  format.columns = get_u16(dataset, tag::kColumns).value_or(0);
  format.samples = get_u16(dataset, tag::kSamplesPerPixel).value_or(1);
  format.bits_allocated = get_u16(dataset, tag::kBitsAllocated).value_or(0);
  format.bits_stored = get_u16(dataset, tag::kBitsStored).value_or(static_cast<uint16_t>(format.bits_allocated));
  format.high_bit = get_u16(dataset, tag::kHighBit).value_or(static_cast<uint16_t>(format.bits_stored - 1));
  format.is_signed = get_u16(dataset, tag::kPixelRepresentation).value_or(0) == 1;
  format.photometric = get_string(dataset, tag::kPhotometricInterpretation);
  format.padding = get_u16(dataset, tag::kPixelPaddingValue);
  format.padding_limit = get_u16(dataset, tag::kPixelPaddingRangeLimit);
  return format;
}

void read_frames(DcmItem& dataset, DicomObject& object) {
  std::optional<FieldProblem> problem;
  const double frames = get_number(dataset, tag::kNumberOfFrames, problem).value_or(1);
  // Out of range is 0 here, and refused where the pixel format is checked.
  object.number_of_frames = frames >= 1 && frames <= 1e6 ? static_cast<int64_t>(frames) : 0;
  object.frames = read_functional_groups(dataset);
  object.multi_frame = !object.frames.empty() || object.number_of_frames != 1;
  if (object.frames.empty()) object.frames.push_back(read_frame_values(dataset));
  if (problem) object.frames[0].problem = problem;
  std::optional<FieldProblem> ignored;  // of use for a single slice only
  object.spacing_between_slices_mm = get_number(dataset, tag::kSpacingBetweenSlices, ignored);
}

void read_directory(DcmItem& dataset, DicomObject& object) {
  DcmSequenceOfItems* records = nullptr;
  const DcmTagKey key(tag::kDirectoryRecords.group, tag::kDirectoryRecords.element);
  if (dataset.findAndGetSequence(key, records).bad() || !records) return;
  DcmObject* record = nullptr;
  while ((record = records->nextInContainer(record)) != nullptr) {
    std::string file = get_bytes(static_cast<DcmItem&>(*record), tag::kReferencedFileId);
    if (file.empty()) continue;
    object.referenced_files.push_back(std::move(file));
    std::string instance = get_bytes(static_cast<DcmItem&>(*record), tag::kReferencedInstanceInFile);
    if (!instance.empty()) object.referenced_instances.push_back(std::move(instance));
  }
}

// Fills `object` from its data set; false where the parser refuses it.
bool read_dataset(Prefix& bytes, uint64_t offset, DicomObject& object) {
  DatasetLayout layout = walk_dataset(bytes, offset, object.encoding);
  object.pixels = layout.pixels;
  object.truncated = layout.truncated;
  object.extended_offsets = std::move(layout.extended_offsets);
  DcmDataset dataset;
  if (!parse_wanted(layout, object.encoding, dataset)) return false;
  read_identity(dataset, object);
  object.format = read_format(dataset);
  read_frames(dataset, object);
  read_directory(dataset, object);
  return true;
}

// Cut before the series is told, inside an element or between two: such an object belongs nowhere. A DICOMDIR has
// neither series nor pixels.
bool ends_within_header(const DicomObject& object) {
  if (!object.series_instance_uid.empty()) return false;
  return object.truncated || (!object.pixels && object.sop_class_uid != kMediaStorageDirectory);
}

std::string what_else(const File& file, Prefix& bytes) {
  if (file.size() == 0) return "the file is empty";
  const bool zip = bytes.ensure(4) && std::memcmp(bytes.data(), "PK\x03\x04", 4) == 0;
  return zip ? "it is a zip archive, which is unpacked where it is named itself" : "it is not a DICOM file";
}

HeaderResult read_open_file(const File& file, const InputFile& input) {
  FilePrefix prefix(file);
  const std::optional<DatasetStart> start = find_dataset(prefix);
  if (!start) return failure("NOT_DICOM", what_else(file, prefix));
  if (start->truncated) return failure("CORRUPT_FILE", "the file ends within its meta header");
  auto object = std::make_unique<DicomObject>();
  object->path = input.name;
  object->memory = input.memory;
  object->file_size = file.size();
  object->dataset_offset = start->offset;
  object->sop_class_uid = start->media_storage_sop_class;
  settle_encoding(file, prefix, *start, *object);
  bool parsed = false;
  if (object->syntax && object->syntax->deflated) {
    InflatedPrefix inflated(file, start->offset);
    parsed = read_dataset(inflated, 0, *object);
  } else {
    parsed = read_dataset(prefix, start->offset, *object);
  }
  if (!parsed) return failure("CORRUPT_FILE", "its header cannot be parsed");
  if (ends_within_header(*object)) return failure("CORRUPT_FILE", "the file ends within its header");
  settle_pixel_coding(file, *object);
  return {std::move(object), {}};
}

}  // namespace

HeaderResult read_header(const InputFile& input) {
  ensure_dcmtk_ready();
  try {
    const File file(input);
    return read_open_file(file, input);
  } catch (const MalformedHeader& malformed) {
    return failure("CORRUPT_FILE", malformed.what());
  } catch (const Error& error) {
    return failure("UNREADABLE_FILE", error.what());
  }
}

}  // namespace hepatica::dicom
