#include "dicom/settle_syntax.h"

#include <array>
#include <span>

#include "dicom/inflate.h"
#include "dicom/jpeg_header.h"

namespace hepatica::dicom {
namespace {

constexpr const char* kDeflated = "1.2.840.10008.1.2.1.99";

const char* native_uid(Encoding encoding) {
  if (encoding.big_endian) return "1.2.840.10008.1.2.2";
  return encoding.implicit_vr ? "1.2.840.10008.1.2" : "1.2.840.10008.1.2.1";
}

void set_syntax(DicomObject& object, const char* uid, const std::string& what) {
  const std::string& declared = object.transfer_syntax_uid;
  object.syntax_repair = (declared.empty() ? "its meta header names no transfer syntax"
                                           : "its meta header names the transfer syntax " + declared) +
                         ", " + what + " " + find_transfer_syntax(uid)->name;
  object.transfer_syntax_uid = uid;
  object.syntax = find_transfer_syntax(uid);
}

std::optional<Encoding> detect_inflated(const File& file, uint64_t offset) {
  InflatedPrefix inflated(file, offset);
  return detect_encoding(inflated, 0);
}

// What the meta header says of the encoding; nullopt where it says nothing that is known.
std::optional<Encoding> declared_encoding(const DicomObject& object) {
  if (!object.syntax) return std::nullopt;
  return Encoding{object.syntax->implicit_vr, object.syntax->big_endian};
}

// The syntax of a stream by its first bytes; null for none that is known. Where the kind of stream may be lossy, the
// syntax is the one that may be.
const char* uid_of_stream(std::span<const uint8_t> stream) {
  if (stream.size() < 16) return nullptr;
  if (stream[0] == 0xff && stream[1] == 0x4f) return "1.2.840.10008.1.2.4.91";
  if (stream[0] == 0xff && stream[1] == 0xd8) {
    const auto header = read_jpeg_header(stream);
    switch (header ? header->marker : 0) {
      case 0xc0:
        return "1.2.840.10008.1.2.4.50";
      case 0xc1:
        return "1.2.840.10008.1.2.4.51";
      case 0xc3:
        return "1.2.840.10008.1.2.4.57";
      case 0xf7:
        return "1.2.840.10008.1.2.4.81";
      default:
        return nullptr;
    }
  }
  // RLE: a header of 64 bytes, one segment for each byte of a cell, the first right after the header (PS3.5 annex G).
  const uint32_t segments = read_u32(stream.data(), false);
  return (segments == 1 || segments == 2) && read_u32(stream.data() + 4, false) == 64 ? "1.2.840.10008.1.2.5" : nullptr;
}

// The beginning of the first fragment after the offset table.
std::vector<uint8_t> begin_of_stream(const File& file, const DicomObject& object) {
  constexpr size_t kEnough = 4096;
  std::array<uint8_t, 8> item{};
  const uint64_t table = object.pixels->value_offset;
  if (file.read_at(table, item.data(), item.size()) < item.size()) return {};
  const uint64_t fragment = table + item.size() + read_u32(item.data() + 4, false);
  std::vector<uint8_t> stream(kEnough);
  stream.resize(file.read_at(fragment + item.size(), stream.data(), stream.size()));
  return stream;
}

}  // namespace

void settle_encoding(const File& file, Prefix& bytes, const DatasetStart& start, DicomObject& object) {
  object.transfer_syntax_uid = start.transfer_syntax_uid;
  object.syntax = find_transfer_syntax(object.transfer_syntax_uid);
  const std::optional<Encoding> declared = declared_encoding(object);
  const std::optional<Encoding> seen = detect_encoding(bytes, start.offset);
  object.encoding = seen.value_or(declared.value_or(Encoding{}));
  const bool may_be_deflated = declared || start.transfer_syntax_uid.empty();
  if ((object.syntax && object.syntax->deflated) || (!seen && may_be_deflated)) {
    const std::optional<Encoding> inside = detect_inflated(file, start.offset);
    if (object.syntax && object.syntax->deflated) {
      // An explicit VR is more than chance; what looks like implicit VR may be any bytes.
      const bool plain = seen && !seen->implicit_vr && (!inside || inside->implicit_vr);
      if (!plain && (inside || !seen)) {
        object.encoding = inside.value_or(*declared);
        return;
      }
    } else if (inside && !inside->implicit_vr) {
      object.encoding = *inside;
      return set_syntax(object, kDeflated, "but its data set is");
    }
  }
  if (!seen) return;
  if (start.transfer_syntax_uid.empty()) {
    if (start.has_meta_header) return set_syntax(object, native_uid(*seen), "its data set is");
    object.transfer_syntax_uid = native_uid(*seen);
    object.syntax = find_transfer_syntax(object.transfer_syntax_uid);
    return;
  }
  if (!declared || (*seen == *declared && !object.syntax->deflated)) return;
  if (object.syntax->coding == PixelCoding::kNative) {
    return set_syntax(object, native_uid(*seen), "but its data set is");
  }
  object.syntax_repair = "its meta header names the transfer syntax " + object.transfer_syntax_uid +
                         ", but the elements of its data set are encoded as in " +
                         find_transfer_syntax(native_uid(*seen))->name;
}

void settle_pixel_coding(const File& file, DicomObject& object) {
  if (!object.pixels || !object.syntax || object.syntax->deflated) return;
  const bool fragments = object.pixels->length == kUndefinedLength;
  const bool native = object.syntax->coding == PixelCoding::kNative;
  if (native == !fragments) return;
  if (fragments) {
    if (const char* uid = uid_of_stream(begin_of_stream(file, object))) set_syntax(object, uid, "but its pixels are");
    return;
  }
  const PixelFormat& format = object.format;
  const uint64_t cells = uint64_t(format.rows) * uint64_t(format.columns) * uint64_t(object.number_of_frames);
  const uint64_t bytes = cells * uint64_t(format.bits_allocated / 8);
  const uint64_t padded = bytes + bytes % 2;
  if (bytes == 0 || (object.pixels->length != bytes && object.pixels->length != padded)) return;
  set_syntax(object, native_uid(object.encoding), "but its pixels are");
}

}  // namespace hepatica::dicom
