// What the reader knows of one DICOM object, pixels apart: values as they stand in the file, not yet judged.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/geometry.h"
#include "core/input_file.h"
#include "core/source_identity.h"
#include "dicom/element_walk.h"
#include "dicom/transfer_syntax.h"

namespace hepatica::dicom {

inline constexpr const char* kMediaStorageDirectory = "1.2.840.10008.1.3.10";

// A value that is present but cannot be what it should be.
struct FieldProblem {
  Tag tag;
  std::string value;
  std::string expected;
};

// Per slice: one for a single-frame object, one per frame of a multi-frame object.
struct FrameHeader {
  std::optional<Vec3> position_mm;                     // ImagePositionPatient
  std::optional<std::array<double, 6>> orientation;    // row direction, column direction
  std::optional<std::array<double, 2>> row_column_mm;  // PixelSpacing: between rows (y), between columns (x)
  std::optional<double> thickness_mm;
  std::optional<double> slope;
  std::optional<double> intercept;
  std::string rescale_type;
  std::vector<std::string> image_type;
  std::string acquisition;
  std::string acquisition_date_time;
  std::string temporal_position;
  std::string trigger_time;
  std::string kernel;
  std::string filter;
  std::string kvp;
  std::optional<FieldProblem> problem;  // the first
};

struct PixelFormat {
  int rows = 0;
  int columns = 0;
  int samples = 1;
  int bits_allocated = 0;
  int bits_stored = 0;
  int high_bit = 0;
  bool is_signed = false;
  std::string photometric;
  // PixelPaddingValue, PixelPaddingRangeLimit: as 16 bits, to be read by PixelRepresentation.
  std::optional<uint16_t> padding;
  std::optional<uint16_t> padding_limit;

  bool operator==(const PixelFormat&) const = default;
};

class HeldPixels;

struct DicomObject {
  std::string path;                         // InputFile::name
  std::shared_ptr<const FileBytes> memory;  // of a file in memory, until its pixels are held
  std::shared_ptr<HeldPixels> held;         // of what came in memory alone (held_pixels.h)
  uint64_t file_size = 0;
  uint64_t dataset_offset = 0;
  std::string transfer_syntax_uid;
  const TransferSyntax* syntax = nullptr;  // null: not supported
  Encoding encoding;
  std::optional<PixelElement> pixels;
  std::vector<uint8_t> extended_offsets;
  bool truncated = false;
  // What was read otherwise than the meta header says; empty: nothing.
  std::string syntax_repair;

  std::string sop_class_uid;
  std::string sop_instance_uid;
  std::string modality;
  std::string manufacturer;
  std::string series_description;
  std::string patient_id;
  std::string patient_name;
  std::string study_instance_uid;
  std::string series_instance_uid;
  std::string frame_of_reference_uid;
  std::string contrast_agent;
  std::string acquisition_time;
  std::string content_time;
  std::string instance_number;
  std::string lossy_image_compression;
  SourceIdentity source;  // texts as they stand; no instances
  std::optional<double> spacing_between_slices_mm;
  PixelFormat format;
  int64_t number_of_frames = 1;
  bool multi_frame = false;
  std::vector<FrameHeader> frames;
  // DICOMDIR: ReferencedFileID of its records, components joined by '\'.
  std::vector<std::string> referenced_files;
  // And the SOPInstanceUIDs that they are said to hold; shorter where some are not said.
  std::vector<std::string> referenced_instances;

  InputFile file() const { return {path, memory}; }
};

// A file that holds no object, and why.
struct NoObject {
  std::string code;  // NOT_DICOM, CORRUPT_FILE, UNREADABLE_FILE
  std::string reason;
};

struct HeaderResult {
  std::unique_ptr<DicomObject> object;  // null: see `failure`
  NoObject failure;
};

// Never throws for what a file holds.
HeaderResult read_header(const InputFile& file);

}  // namespace hepatica::dicom
