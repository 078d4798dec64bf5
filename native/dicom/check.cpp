#include "dicom/check.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/error.h"

namespace hepatica::dicom {
namespace {

constexpr int kMaxMatrix = 8192;
constexpr double kMaxPositionMm = 1e6;
constexpr double kMaxSpacingMm = 1e3;
constexpr double kMaxRescale = 1e6;

[[noreturn]] void fail(const char* code, const DicomObject& object, Tag field, const std::string& why,
                       const std::string& remedy) {
  throw Error(code, object.path + ": " + why, object.path, field_name(field), remedy);
}

[[noreturn]] void fail_value(const DicomObject& object, Tag field, const std::string& expected,
                             const std::string& received) {
  fail("INVALID_VALUE", object, field,
       "Expected " + field_name(field) + " to be " + expected + ", received " + received,
       "Export the series again, or correct the value.");
}

std::string join(const auto& numbers) {
  std::string text = "[";
  for (const double number : numbers) text += (text.size() > 1 ? ", " : "") + std::to_string(number);
  return text + "]";
}

void check_format(const DicomObject& object) {
  const PixelFormat& format = object.format;
  if (format.rows < 1 || format.rows > kMaxMatrix) {
    fail_value(object, tag::kRows, "1 to 8192", std::to_string(format.rows));
  }
  if (format.columns < 1 || format.columns > kMaxMatrix) {
    fail_value(object, tag::kColumns, "1 to 8192", std::to_string(format.columns));
  }
  if (format.bits_allocated != 8 && format.bits_allocated != 16) {
    fail("UNSUPPORTED_PIXEL_FORMAT", object, tag::kBitsAllocated,
         "BitsAllocated is " + std::to_string(format.bits_allocated) + "; 8 and 16 are supported",
         "Export the series with 16 bits a pixel.");
  }
  if (format.bits_stored < 1 || format.bits_stored > format.bits_allocated) {
    fail_value(object, tag::kBitsStored, "1 to BitsAllocated", std::to_string(format.bits_stored));
  }
  if (format.high_bit < format.bits_stored - 1 || format.high_bit >= format.bits_allocated) {
    fail_value(object, tag::kHighBit, "within the allocated bits", std::to_string(format.high_bit));
  }
}

constexpr const char* kFetchAgain = "Fetch or export the file again.";

// First of all: of a header that ends early no other value tells anything.
void check_whole(const DicomObject& object) {
  if (!object.truncated && object.pixels) return;
  fail("CORRUPT_FILE", object, tag::kPixelData,
       object.truncated ? "the file ends before its pixels" : "the object has no pixels", kFetchAgain);
}

uint64_t bytes_needed(const DicomObject& object) {
  return native_frame_bytes(object.format) * static_cast<uint64_t>(object.frames.size());
}

// How many bytes of pixels the file has; nullopt where they are compressed, so that their number tells nothing.
std::optional<uint64_t> native_bytes(const DicomObject& object) {
  if (object.syntax->coding != PixelCoding::kNative || object.syntax->deflated) return std::nullopt;
  const uint64_t rest = object.file_size - std::min(object.file_size, object.pixels->value_offset);
  return std::min<uint64_t>(rest, object.pixels->length);
}

void check_pixels(const DicomObject& object) {
  if (!object.syntax) {
    fail("UNSUPPORTED_TRANSFER_SYNTAX", object, Tag{0x0002, 0x0010},
         "transfer syntax " + object.transfer_syntax_uid + " is not supported",
         "Convert the series to explicit VR little endian (1.2.840.10008.1.2.1), for example with dcmconv.");
  }
  const auto frames = static_cast<int64_t>(object.frames.size());
  if (object.number_of_frames != frames) {
    fail(frames == 1 ? "MISSING_GEOMETRY" : "CORRUPT_FILE", object, tag::kPerFrameFunctionalGroups,
         "NumberOfFrames is " + std::to_string(object.number_of_frames) + ", but functional groups describe " +
             std::to_string(frames),
         kFetchAgain);
  }
  if (object.syntax->coding == PixelCoding::kNative && object.pixels->length == kUndefinedLength) {
    fail("CORRUPT_FILE", object, tag::kPixelData, "its pixels are in fragments of no coding that is known",
         kFetchAgain);
  }
  if (const auto present = native_bytes(object); present && *present < bytes_needed(object)) {
    fail("CORRUPT_FILE", object, tag::kPixelData,
         "its pixels need " + std::to_string(bytes_needed(object)) + " bytes, the file has " + std::to_string(*present),
         kFetchAgain);
  }
}

void check_orientation(const DicomObject& object, const std::array<double, 6>& o) {
  constexpr double kTolerance = 5e-3;
  const double row = std::hypot(o[0], o[1], o[2]);
  const double column = std::hypot(o[3], o[4], o[5]);
  const double dot = o[0] * o[3] + o[1] * o[4] + o[2] * o[5];
  if (std::abs(row - 1) > kTolerance || std::abs(column - 1) > kTolerance || std::abs(dot) > kTolerance) {
    fail_value(object, tag::kImageOrientation, "two orthogonal unit vectors", join(o));
  }
}

void check_geometry(const DicomObject& object, const FrameHeader& frame) {
  const auto missing = [&](Tag field) {
    fail("MISSING_GEOMETRY", object, field, field_name(field) + " is absent",
         "Export the series with its geometry; without it slices can be neither ordered nor measured.");
  };
  if (!frame.position_mm) missing(tag::kImagePosition);
  if (!frame.orientation) missing(tag::kImageOrientation);
  if (!frame.row_column_mm) missing(tag::kPixelSpacing);
  for (const double coordinate : *frame.position_mm) {
    if (std::abs(coordinate) > kMaxPositionMm) {
      fail_value(object, tag::kImagePosition, "within 1 km", join(*frame.position_mm));
    }
  }
  for (const double spacing : *frame.row_column_mm) {
    if (!(spacing > 0) || spacing > kMaxSpacingMm) {
      fail_value(object, tag::kPixelSpacing, "two positive numbers of millimetres", join(*frame.row_column_mm));
    }
  }
  check_orientation(object, *frame.orientation);
}

void check_rescale(const DicomObject& object, const FrameHeader& frame, bool raw) {
  if ((!frame.slope || !frame.intercept) && !raw) {
    const Tag field = frame.slope ? tag::kRescaleIntercept : tag::kRescaleSlope;
    fail("MISSING_RESCALE", object, field, field_name(field) + " is absent: stored values cannot be turned into HU",
         "If the stored values are HU already, read with the option raw.");
  }
  if (frame.slope && (*frame.slope == 0 || std::abs(*frame.slope) > kMaxRescale)) {
    fail_value(object, tag::kRescaleSlope, "a number other than 0", std::to_string(*frame.slope));
  }
  if (frame.intercept && std::abs(*frame.intercept) > kMaxRescale) {
    fail_value(object, tag::kRescaleIntercept, "a number of HU", std::to_string(*frame.intercept));
  }
}

}  // namespace

uint64_t native_frame_bytes(const PixelFormat& format) {
  return uint64_t(format.rows) * uint64_t(format.columns) * uint64_t(format.bits_allocated / 8);
}

bool is_whole(const DicomObject& object) {
  if (object.truncated || !object.pixels || !object.syntax) return false;
  const std::optional<uint64_t> present = native_bytes(object);
  return !present || *present >= bytes_needed(object);
}

void check_objects(const std::vector<const DicomObject*>& objects, bool raw) {
  for (const DicomObject* object : objects) {
    check_whole(*object);
    check_format(*object);
    check_pixels(*object);
    for (const FrameHeader& frame : object->frames) {
      if (frame.problem)
        fail_value(*object, frame.problem->tag, frame.problem->expected, "\"" + frame.problem->value + "\"");
      check_geometry(*object, frame);
      check_rescale(*object, frame, raw);
    }
  }
}

void check_frame_of_reference(const std::vector<FrameRef>& frames) {
  const DicomObject* first = nullptr;
  for (const FrameRef& frame : frames) {
    const std::string& uid = frame.object->frame_of_reference_uid;
    if (uid.empty()) continue;
    if (!first) first = frame.object;
    if (uid == first->frame_of_reference_uid) continue;
    fail("MIXED_FRAME_OF_REFERENCE", *frame.object, tag::kFrameOfReferenceUid,
         "its FrameOfReferenceUID differs from that of " + first->path + ": their positions cannot be compared",
         "Read the slices of one frame of reference alone.");
  }
}

}  // namespace hepatica::dicom
