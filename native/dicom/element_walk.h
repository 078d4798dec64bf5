// The structure of a DICOM file, walked before any of it is trusted: where elements begin and end, nothing of values.
// DCMTK's parser then gets the elements that the reader needs and no others. What it gets is known to be whole, to
// nest no deeper than kMaxNesting and to fit kMaxParsedBytes, so that a hostile header can neither exhaust the stack
// nor the memory.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "dicom/file.h"
#include "dicom/tags.h"

namespace hepatica::dicom {

inline constexpr int kMaxNesting = 16;
inline constexpr uint64_t kMaxParsedBytes = uint64_t{32} << 20;
inline constexpr uint32_t kUndefinedLength = 0xffffffff;

struct Encoding {
  bool implicit_vr = false;
  bool big_endian = false;

  bool operator==(const Encoding&) const = default;
};

// Where a file's data set begins, and how it is encoded.
struct DatasetStart {
  uint64_t offset = 0;
  bool has_meta_header = false;
  // The data ended inside the meta header.
  bool truncated = false;
  // Empty where there is no meta header, or one that does not tell.
  std::string transfer_syntax_uid;
  std::string media_storage_sop_class;
};

struct PixelElement {
  // From the beginning of the file, or of the inflated data set.
  uint64_t value_offset = 0;
  uint32_t length = 0;
  bool words = false;  // VR OW
};

struct DatasetLayout {
  // The wanted elements (tags.h) one after the other: as they stand in the file, but where a VR is none that the
  // value can have (UN, UT for numbers), which routers leave that do not know a tag, under the dictionary's.
  std::vector<uint8_t> wanted;
  // The value of ExtendedOffsetTable.
  std::vector<uint8_t> extended_offsets;
  std::optional<PixelElement> pixels;
  // The data ended inside an element.
  bool truncated = false;
};

// Nullopt where the bytes are no DICOM file. The meta header may be in implicit VR, as some writers leave it against
// PS3.10 section 7.1.
std::optional<DatasetStart> find_dataset(Prefix& file);

// How the data set at `offset` is encoded by its own first element, whatever a meta header says of it; nullopt where
// the bytes begin no data set.
std::optional<Encoding> detect_encoding(Prefix& bytes, uint64_t offset);

class MalformedHeader : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `offset` is where the data set begins in `bytes`. Throws MalformedHeader.
DatasetLayout walk_dataset(Prefix& bytes, uint64_t offset, Encoding encoding);

// Little or big endian, from the bytes of a file.
uint16_t read_u16(const uint8_t* bytes, bool big_endian);
uint32_t read_u32(const uint8_t* bytes, bool big_endian);

}  // namespace hepatica::dicom
