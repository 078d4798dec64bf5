#include "dicom/values.h"

#include <dcmtk/dcmdata/dcsequen.h>
#include <dcmtk/ofstd/ofstring.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "dicom/character_sets.h"

namespace hepatica::dicom {
namespace {

std::string trimmed(const std::string& text) {
  const auto is_padding = [](char c) { return c == ' ' || c == '\0' || c == '\t' || c == '\r' || c == '\n'; };
  size_t begin = 0;
  size_t end = text.size();
  while (begin < end && is_padding(text[begin])) ++begin;
  while (end > begin && is_padding(text[end - 1])) --end;
  return text.substr(begin, end - begin);
}

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

std::string to_ascii(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return !is_ascii(c); }, '?');
  return text;
}

// A text under VR UN or OB, which DCMTK shows as numbers of bytes: within items, whose elements are parsed as they
// stand.
std::optional<std::string> text_under_byte_vr(DcmItem& item, Tag tag) {
  DcmElement* element = nullptr;
  if (item.findAndGetElement(DcmTagKey(tag.group, tag.element), element).bad() || !element) return std::nullopt;
  const DcmEVR vr = element->getVR();
  if (vr != EVR_UN && vr != EVR_OB) return std::nullopt;
  Uint8* bytes = nullptr;
  if (element->getUint8Array(bytes).bad() || !bytes) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(bytes), element->getLengthField());
}

}  // namespace

std::string get_bytes(DcmItem& item, Tag tag) {
  if (std::optional<std::string> text = text_under_byte_vr(item, tag)) return trimmed(*text);
  OFString text;
  if (item.findAndGetOFStringArray(DcmTagKey(tag.group, tag.element), text).bad()) return {};
  return trimmed(std::string(text.c_str(), text.size()));
}

std::string get_string(DcmItem& item, Tag tag) { return to_ascii(get_bytes(item, tag)); }

std::string get_text(DcmItem& item, Tag tag, const std::string& character_set) {
  const bool is_name = DcmTag(tag.group, tag.element).getEVR() == EVR_PN;
  return to_utf8(get_bytes(item, tag), character_set, is_name);
}

std::vector<std::string> get_strings(DcmItem& item, Tag tag) {
  const std::string text = get_string(item, tag);
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  size_t begin = 0;
  for (;;) {
    const size_t end = text.find('\\', begin);
    parts.push_back(trimmed(text.substr(begin, end == std::string::npos ? end : end - begin)));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

std::optional<uint16_t> get_u16(DcmItem& item, Tag tag) {
  DcmElement* element = nullptr;
  if (item.findAndGetElement(DcmTagKey(tag.group, tag.element), element).bad() || !element) return std::nullopt;
  Uint16 unsigned_value = 0;
  if (element->getUint16(unsigned_value).good()) return unsigned_value;
  Sint16 signed_value = 0;
  if (element->getSint16(signed_value).good()) return static_cast<uint16_t>(signed_value);
  // Under another VR of numbers than US and SS.
  const std::optional<double> number = parse_number(get_string(item, tag));
  if (!number || *number != std::floor(*number) || *number < -32768 || *number > 65535) return std::nullopt;
  return static_cast<uint16_t>(static_cast<int32_t>(*number));
}

std::optional<double> parse_number(std::string text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.erase(0, 1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

DcmItem* first_item(DcmItem& item, Tag sequence) {
  DcmItem* first = nullptr;
  const DcmTagKey key(sequence.group, sequence.element);
  return item.findAndGetSequenceItem(key, first, 0).good() ? first : nullptr;
}

}  // namespace hepatica::dicom
