#include "dicom/character_sets.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <iterator>
#include <map>
#include <vector>

namespace hepatica::dicom {
namespace {

constexpr char kEscape = '\x1b';

enum class Half {
  kAscii,      // bytes below 0x80, as they are
  kLeft,       // bytes below 0x80, two a character (G0)
  kRight,      // bytes from 0x80 on (G1)
  kWholeText,  // bytes below 0x80 may be a character's second half
};

struct CodedSet {
  int registration;         // ISO-IR's number, by which SpecificCharacterSet names it
  std::string_view escape;  // what follows ESC; empty: cannot be switched to
  const char* encoding;     // iconv's name
  Half half;
  size_t bytes;  // a character, in that encoding
  std::string_view prefix;
};

// Not left to DCMTK, which on glibc asks for encodings that are not there, and is released without a conversion. The
// Roman half of JIS X 0201 is taken for ASCII: where it has the yen sign, DICOM has its delimiter.
constexpr CodedSet kSets[] = {
    {6, "(B", "", Half::kAscii, 1, ""},
    {14, "(J", "", Half::kAscii, 1, ""},
    {13, ")I", "SJIS", Half::kRight, 1, ""},
    {87, "$B", "EUC-JP", Half::kLeft, 2, ""},
    {42, "$@", "EUC-JP", Half::kLeft, 2, ""},
    {159, "$(D", "EUC-JP", Half::kLeft, 3, "\x8f"},
    {58, "$)A", "EUC-CN", Half::kRight, 2, ""},
    {149, "$)C", "EUC-KR", Half::kRight, 2, ""},
    {100, "-A", "ISO-8859-1", Half::kRight, 1, ""},
    {101, "-B", "ISO-8859-2", Half::kRight, 1, ""},
    {109, "-C", "ISO-8859-3", Half::kRight, 1, ""},
    {110, "-D", "ISO-8859-4", Half::kRight, 1, ""},
    {144, "-L", "ISO-8859-5", Half::kRight, 1, ""},
    {127, "-G", "ISO-8859-6", Half::kRight, 1, ""},
    {126, "-F", "ISO-8859-7", Half::kRight, 1, ""},
    {138, "-H", "ISO-8859-8", Half::kRight, 1, ""},
    {148, "-M", "ISO-8859-9", Half::kRight, 1, ""},
    {203, "-b", "ISO-8859-15", Half::kRight, 1, ""},
    {166, "-T", "TIS-620", Half::kRight, 1, ""},
    {192, "", "UTF-8", Half::kRight, 1, ""},
};
constexpr CodedSet kGb18030 = {0, "", "GB18030", Half::kWholeText, 1, ""};
constexpr CodedSet kGbk = {0, "", "GBK", Half::kWholeText, 1, ""};
constexpr const CodedSet* kAscii = &kSets[0];
// iconv has no encoding of that name, so that each byte is replaced.
constexpr CodedSet kUnknown = {0, "", "unknown", Half::kRight, 1, ""};

bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_graphic(char c) { return c > 0x20 && c < 0x7f; }

// "ISO_IR 100", "ISO 2022 IR 100", and what is written for them: "ISO-IR 100", "ISO IR_100".
const CodedSet* set_named(std::string_view term) {
  if (term.find("GB18030") != std::string_view::npos) return &kGb18030;
  if (term.find("GBK") != std::string_view::npos) return &kGbk;
  const size_t mark = term.find("IR");
  const size_t digits = mark == std::string_view::npos ? mark : term.find_first_of("0123456789", mark);
  if (digits == std::string_view::npos) return nullptr;
  int registration = 0;
  std::from_chars(term.data() + digits, term.data() + term.size(), registration);
  const auto found = std::ranges::find(kSets, registration, &CodedSet::registration);
  return found == std::end(kSets) ? nullptr : found;
}

// The set that bytes from 0x80 on belong to until an escape sequence says otherwise. By the standard that is the first
// value's; writers that leave out the sequence are understood if it is another's.
const CodedSet* first_right_set(std::string_view character_set) {
  while (!character_set.empty()) {
    const size_t end = std::min(character_set.find('\\'), character_set.size());
    const CodedSet* set = set_named(character_set.substr(0, end));
    if (set && (set->half == Half::kRight || set->half == Half::kWholeText)) return set;
    character_set.remove_prefix(std::min(end + 1, character_set.size()));
  }
  return nullptr;
}

class Converter {
 public:
  explicit Converter(const char* encoding) : handle_(iconv_open("UTF-8", encoding)) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (is_open()) iconv_close(handle_);
  }

  // Where `bytes` are none of the encoding's, `skip` of them are replaced.
  void append(std::string bytes, size_t skip, std::string& text) const {
    char* next = bytes.data();
    size_t left = bytes.size();
    while (left > 0) {
      std::array<char, 256> converted{};
      char* end = converted.data();
      size_t room = converted.size();
      const bool done = is_open() && iconv(handle_, &next, &left, &end, &room) != static_cast<size_t>(-1);
      const bool full = is_open() && !done && errno == E2BIG;
      text.append(converted.data(), end);
      if (done || full) continue;
      text += kReplacement;
      const size_t skipped = std::min(left, skip);
      next += skipped;
      left -= skipped;
    }
  }

 private:
  bool is_open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  iconv_t handle_;
};

class Decoder {
 public:
  Decoder(std::string_view bytes, const CodedSet* right, std::string_view delimiters)
      : bytes_(bytes), delimiters_(delimiters), first_right_(right), right_(right) {}

  std::string decode() {
    if (first_right_ && first_right_->half == Half::kWholeText) {
      append(*first_right_, std::string(bytes_));
      return std::move(text_);
    }
    while (at_ < bytes_.size()) {
      const char c = bytes_[at_];
      if (c == kEscape) {
        follow_escape();
      } else if (is_high(c)) {
        take_right();
      } else if (left_->half != Half::kAscii && is_graphic(c)) {
        take_left();
      } else {
        take_ascii(c);
      }
    }
    return std::move(text_);
  }

 private:
  // ESC, intermediate bytes, a final one.
  void follow_escape() {
    size_t end = ++at_;
    while (end < bytes_.size() && bytes_[end] >= 0x20 && bytes_[end] < 0x30) ++end;
    const bool is_whole = end > at_ && end < bytes_.size() && is_graphic(bytes_[end]);
    const std::string_view intermediates = bytes_.substr(at_, end - at_);
    const std::string_view sequence = bytes_.substr(at_, end - at_ + (is_whole ? 1 : 0));
    at_ += sequence.size();
    const auto found = std::ranges::find(kSets, sequence, &CodedSet::escape);
    if (is_whole && found != std::end(kSets)) {
      (found->half == Half::kRight ? right_ : left_) = found;
      return;
    }
    text_ += kReplacement;
    if (!is_whole) return;
    const bool is_right = intermediates.ends_with(')') || intermediates.ends_with('-');
    (is_right ? right_ : left_) = &kUnknown;
  }

  void take_right() {
    const size_t begin = at_;
    while (at_ < bytes_.size() && is_high(bytes_[at_])) ++at_;
    append(right_ ? *right_ : kUnknown, std::string(bytes_.substr(begin, at_ - begin)));
  }

  // A delimiter is one of these bytes as well: before a true one the text has gone back to ASCII.
  void take_left() {
    std::string converted;
    if (left_ != &kUnknown && at_ + 1 < bytes_.size() && is_graphic(bytes_[at_ + 1])) {
      converted = left_->prefix;
      converted += static_cast<char>(bytes_[at_] | 0x80);
      converted += static_cast<char>(bytes_[at_ + 1] | 0x80);
      at_ += 2;
      append(*left_, converted);
    } else {
      ++at_;
      text_ += kReplacement;
    }
  }

  void take_ascii(char c) {
    const bool ends_line = c == '\r' || c == '\n' || c == '\f' || c == '\t';
    if (ends_line) left_ = kAscii;
    if (ends_line || delimiters_.find(c) != std::string_view::npos) right_ = first_right_;
    text_ += c;
    ++at_;
  }

  void append(const CodedSet& set, std::string bytes) {
    converters_.try_emplace(set.encoding, set.encoding).first->second.append(std::move(bytes), set.bytes, text_);
  }

  std::string_view bytes_;
  std::string_view delimiters_;
  const CodedSet* first_right_;
  const CodedSet* right_;
  const CodedSet* left_ = kAscii;
  size_t at_ = 0;
  std::string text_;
  std::map<std::string_view, Converter> converters_;
};

}  // namespace

std::string to_utf8(const std::string& bytes, const std::string& character_set, bool is_name) {
  if (std::ranges::none_of(bytes, [](char c) { return is_high(c) || c == kEscape; })) return bytes;
  return Decoder(bytes, first_right_set(character_set), is_name ? "\\^=" : "\\").decode();
}

}  // namespace hepatica::dicom
