#include "dicom/element_walk.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace hepatica::dicom {
namespace {

constexpr uint64_t kNoEnd = UINT64_MAX;
// VRs whose length takes 32 bits (PS3.5 section 7.1.2).
constexpr std::array<std::string_view, 13> kLongVrs = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                                       "SV", "UC", "UN", "UR", "UT", "UV"};

constexpr std::array<std::string_view, 21> kShortVrs = {"AE", "AS", "AT", "CS", "DA", "DS", "DT",
                                                        "FD", "FL", "IS", "LO", "LT", "PN", "SH",
                                                        "SL", "SS", "ST", "TM", "UI", "UL", "US"};
constexpr std::array<std::string_view, 8> kNumberVrs = {"US", "SS", "UL", "SL", "FL", "FD", "IS", "DS"};

bool contains(const auto& vrs, std::string_view vr) { return std::ranges::find(vrs, vr) != vrs.end(); }

struct Truncated {};

struct ElementHead {
  Tag tag;
  char vr[3] = "";  // empty for implicit VR
  uint64_t value = 0;
  uint32_t length = 0;

  bool is(const char* name) const { return std::strcmp(vr, name) == 0; }
};

class Walker {
 public:
  Walker(Prefix& bytes, Encoding encoding) : bytes_(bytes), encoding_(encoding) {}

  ElementHead head_at(uint64_t offset, Encoding encoding) {
    need(offset + 8);
    const uint8_t* at = bytes_.data() + offset;
    ElementHead head;
    head.tag = {read_u16(at, encoding.big_endian), read_u16(at + 2, encoding.big_endian)};
    if (encoding.implicit_vr || head.tag.group == 0xfffe) {
      head.length = read_u32(at + 4, encoding.big_endian);
      head.value = offset + 8;
      return head;
    }
    std::memcpy(head.vr, at + 4, 2);
    if (!contains(kLongVrs, head.vr)) {
      head.length = read_u16(at + 6, encoding.big_endian);
      head.value = offset + 8;
    } else {
      need(offset + 12);
      head.length = read_u32(bytes_.data() + offset + 8, encoding.big_endian);
      head.value = offset + 12;
    }
    return head;
  }

  // The offset after the element; a sequence that DCMTK will parse is walked to its leaves.
  uint64_t end_of(const ElementHead& head, Encoding encoding, int depth, bool parsed) {
    if (head.length == kUndefinedLength) {
      if (head.is("OB") || head.is("OW")) return end_of_fragments(head.value, encoding);
      // PS3.5 section 6.2.2: a sequence of VR UN is encoded in implicit VR little endian.
      return end_of_sequence(head.value, kNoEnd, head.is("UN") ? Encoding{.implicit_vr = true} : encoding, depth + 1);
    }
    const uint64_t end = head.value + head.length;
    need(end);
    if (parsed && (head.is("SQ") || (encoding.implicit_vr && begins_with_item(head, encoding)))) {
      return end_of_sequence(head.value, end, encoding, depth + 1);
    }
    return end;
  }

  // True where an element of VR UN and defined length holds the items of a sequence, which are in implicit VR then.
  bool holds_sequence(const ElementHead& head) {
    const Encoding implicit{.implicit_vr = true};
    try {
      if (!begins_with_item(head, implicit)) return false;
      end_of_sequence(head.value, head.value + head.length, implicit, 1);
      return true;
    } catch (const MalformedHeader&) {
      return false;
    } catch (const Truncated&) {
      return false;
    }
  }

  void need(uint64_t end) {
    if (bytes_.ensure(end)) return;
    if (end > kMaxHeaderBytes) throw MalformedHeader("its header takes more than 64 MiB");
    throw Truncated();
  }

 private:
  bool begins_with_item(const ElementHead& head, Encoding encoding) {
    return head.length >= 8 && head_at(head.value, encoding).tag == tag::kItem;
  }

  uint64_t end_of_sequence(uint64_t offset, uint64_t end, Encoding encoding, int depth) {
    if (depth > kMaxNesting) throw MalformedHeader("its sequences nest deeper than 16 levels");
    while (offset < end) {
      const ElementHead item = head_at(offset, encoding);
      if (item.tag == tag::kSequenceDelimitation) return end == kNoEnd ? item.value : end;
      if (item.tag != tag::kItem) throw MalformedHeader("a sequence holds something other than items");
      const uint64_t item_end = item.length == kUndefinedLength ? kNoEnd : item.value + item.length;
      if (item_end != kNoEnd && item_end > end) throw MalformedHeader("an item is longer than its sequence");
      offset = end_of_item(item.value, item_end, encoding, depth);
    }
    return offset;
  }

  uint64_t end_of_item(uint64_t offset, uint64_t end, Encoding encoding, int depth) {
    while (offset < end) {
      const ElementHead head = head_at(offset, encoding);
      if (head.tag == tag::kItemDelimitation) return end == kNoEnd ? head.value : end;
      offset = end_of(head, encoding, depth, true);
    }
    if (end != kNoEnd && offset != end) throw MalformedHeader("an element is longer than its item");
    return offset;
  }

  uint64_t end_of_fragments(uint64_t offset, Encoding encoding) {
    for (;;) {
      const ElementHead item = head_at(offset, encoding);
      if (item.tag == tag::kSequenceDelimitation) return item.value;
      if (item.tag != tag::kItem || item.length == kUndefinedLength) {
        throw MalformedHeader("encapsulated data holds something other than fragments");
      }
      offset = item.value + item.length;
    }
  }

  Prefix& bytes_;
  Encoding encoding_;
};

bool is_vr(const uint8_t* at) {
  const std::string_view vr(reinterpret_cast<const char*>(at), 2);
  return contains(kLongVrs, vr) || contains(kShortVrs, vr);
}

// A data set without a meta header: it must begin with group 0008 (or 0004, or a stray 0002) to be believed.
std::optional<Encoding> guess_encoding(const uint8_t* at) {
  const uint16_t little = read_u16(at, false);
  const uint16_t big = read_u16(at, true);
  if (little == 0x0008 || little == 0x0004) {
    const bool explicit_vr = is_vr(at + 4);
    if (!explicit_vr && read_u32(at + 4, false) > (1u << 20)) return std::nullopt;
    return Encoding{.implicit_vr = !explicit_vr};
  }
  if ((big == 0x0008 || big == 0x0004) && is_vr(at + 4)) return Encoding{.big_endian = true};
  return std::nullopt;
}

std::string text_value(Prefix& bytes, const ElementHead& head) {
  std::string text(reinterpret_cast<const char*>(bytes.data()) + head.value, head.length);
  while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.pop_back();
  return text;
}

uint64_t read_meta_header(Prefix& file, uint64_t offset, DatasetStart& start) {
  Walker walker(file, {});
  while (file.ensure(offset + 8) && read_u16(file.data() + offset, false) == 0x0002) {
    const Encoding encoding{.implicit_vr = !is_vr(file.data() + offset + 4)};
    const ElementHead head = walker.head_at(offset, encoding);
    if (head.length == kUndefinedLength) throw MalformedHeader("an element of its meta header has no length");
    offset = walker.end_of(head, encoding, 0, false);
    if (head.tag == Tag{0x0002, 0x0010}) start.transfer_syntax_uid = text_value(file, head);
    if (head.tag == Tag{0x0002, 0x0002}) start.media_storage_sop_class = text_value(file, head);
  }
  return offset;
}

void append_number(std::vector<uint8_t>& bytes, uint32_t number, int count, bool big_endian) {
  for (int i = 0; i < count; ++i) {
    bytes.push_back(static_cast<uint8_t>(number >> 8 * (big_endian ? count - 1 - i : i)));
  }
}

// The VR to parse a wanted element by, where it has one that its value cannot be told from; else empty.
std::string_view vr_instead(const ElementHead& head, DcmEVR dictionary_vr) {
  switch (dictionary_vr) {
    case EVR_US:
    case EVR_xs:
      return contains(kNumberVrs, head.vr) ? "" : "US";
    case EVR_SQ:
    case EVR_UL:
    case EVR_PixelData:
      return "";
    default:
      // Texts, and numbers as text: binary numbers are read as such.
      return contains(kNumberVrs, head.vr) && !head.is("IS") && !head.is("DS") ? "" : DcmVR(dictionary_vr).getVRName();
  }
}

void append_element(const Prefix& bytes, uint64_t begin, uint64_t end, const ElementHead& head, Encoding encoding,
                    Walker& walker, std::vector<uint8_t>& wanted) {
  const auto append = [&](uint64_t from, uint64_t to) {
    wanted.insert(wanted.end(), bytes.data() + from, bytes.data() + to);
  };
  const DcmEVR dictionary_vr = find_header_tag(head.tag)->vr;
  if (encoding.implicit_vr || head.length == kUndefinedLength) return append(begin, end);
  if (head.is("UN") && dictionary_vr == EVR_SQ && walker.holds_sequence(head)) {
    // With an undefined length the parser takes it for the sequence that it is (PS3.5 section 6.2.2).
    append(begin, begin + 8);
    append_number(wanted, kUndefinedLength, 4, encoding.big_endian);
    append(head.value, end);
    append_number(wanted, 0xe0ddfffe, 4, false);
    append_number(wanted, 0, 4, false);
    return;
  }
  const std::string_view vr = vr_instead(head, dictionary_vr);
  if (vr.empty() || head.is(std::string(vr).c_str()) || head.length > 0xffff) return append(begin, end);
  append(begin, begin + 4);
  wanted.insert(wanted.end(), vr.begin(), vr.end());
  append_number(wanted, head.length, 2, encoding.big_endian);
  append(head.value, end);
}

}  // namespace

uint16_t read_u16(const uint8_t* bytes, bool big_endian) {
  return static_cast<uint16_t>(big_endian ? bytes[0] << 8 | bytes[1] : bytes[1] << 8 | bytes[0]);
}

uint32_t read_u32(const uint8_t* bytes, bool big_endian) {
  const uint32_t first = read_u16(bytes, big_endian);
  const uint32_t second = read_u16(bytes + 2, big_endian);
  return big_endian ? first << 16 | second : second << 16 | first;
}

std::optional<DatasetStart> find_dataset(Prefix& file) {
  DatasetStart start;
  const bool preamble = file.ensure(132) && std::memcmp(file.data() + 128, "DICM", 4) == 0;
  start.offset = preamble ? 132 : 0;
  if (!file.ensure(start.offset + 8)) return std::nullopt;
  const uint8_t* at = file.data() + start.offset;
  constexpr uint32_t kLongestMetaValue = 1 << 16;
  start.has_meta_header =
      read_u16(at, false) == 0x0002 && (is_vr(at + 4) || read_u32(at + 4, false) <= kLongestMetaValue);
  if (!start.has_meta_header && !guess_encoding(at)) return std::nullopt;
  try {
    start.offset = read_meta_header(file, start.offset, start);
  } catch (const Truncated&) {
    start.truncated = true;
  }
  return start;
}

std::optional<Encoding> detect_encoding(Prefix& bytes, uint64_t offset) {
  if (!bytes.ensure(offset + 8)) return std::nullopt;
  const uint8_t* at = bytes.data() + offset;
  const uint16_t little = read_u16(at, false);
  const uint16_t big = read_u16(at, true);
  // A data set begins with its lowest group: the byte order that gives the lower number is its own.
  if (is_vr(at + 4)) return Encoding{.big_endian = big < little};
  constexpr uint32_t kLongestFirstValue = 1 << 20;
  if (little > big || read_u32(at + 4, false) > kLongestFirstValue) return std::nullopt;
  return Encoding{.implicit_vr = true};
}

DatasetLayout walk_dataset(Prefix& bytes, uint64_t offset, Encoding encoding) {
  DatasetLayout layout;
  Walker walker(bytes, encoding);
  try {
    while (bytes.ensure(offset + 8)) {
      const ElementHead head = walker.head_at(offset, encoding);
      if (head.tag == tag::kPixelData) {
        layout.pixels = PixelElement{head.value, head.length, encoding.implicit_vr || head.is("OW")};
        return layout;
      }
      if (head.tag > tag::kPixelData) return layout;
      const bool wanted = find_header_tag(head.tag) != nullptr;
      const uint64_t end = walker.end_of(head, encoding, 0, wanted);
      if (wanted) append_element(bytes, offset, end, head, encoding, walker, layout.wanted);
      if (head.tag == tag::kExtendedOffsetTable) {
        layout.extended_offsets.assign(bytes.data() + head.value, bytes.data() + end);
      }
      if (layout.wanted.size() > kMaxParsedBytes) throw MalformedHeader("its header takes more than 32 MiB");
      offset = end;
    }
  } catch (const Truncated&) {
    layout.truncated = true;
  }
  return layout;
}

}  // namespace hepatica::dicom
