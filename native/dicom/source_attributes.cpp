#include "dicom/source_attributes.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "dicom/character_sets.h"
#include "dicom/values.h"

namespace hepatica::dicom {
namespace {

constexpr size_t kLongString = 64;   // LO, and a component group of PN
constexpr size_t kShortString = 16;  // SH
constexpr size_t kCodeString = 16;   // CS
constexpr size_t kIntegerString = 12;
constexpr size_t kNameGroups = 3;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The first value, without control characters, of at most `characters` characters.
std::string text_of(const std::string& text, size_t characters) {
  std::string kept;
  size_t count = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') break;
    if (byte < 0x20 || byte == 0x7f) continue;
    const bool continues = (byte & 0xc0) == 0x80;
    if (!continues && ++count > characters) break;
    kept += c;
  }
  return kept;
}

std::string long_string(const std::string& text) { return text_of(text, kLongString); }
std::string short_string(const std::string& text) { return text_of(text, kShortString); }

// Alphabetic, ideographic and phonetic group, each with its own limit.
std::string person_name(const std::string& text) {
  std::string kept;
  size_t begin = 0;
  for (size_t group = 0; group < kNameGroups && begin <= text.size(); ++group) {
    const size_t end = std::min(text.find('=', begin), text.size());
    if (group > 0) kept += '=';
    kept += text_of(text.substr(begin, end - begin), kLongString);
    begin = end + 1;
  }
  return kept;
}

std::string code_string(const std::string& text) {
  const auto allowed = [](char c) { return (c >= 'A' && c <= 'Z') || is_digit(c) || c == ' ' || c == '_'; };
  return text.size() <= kCodeString && std::ranges::all_of(text, allowed) ? text : std::string();
}

std::string sex(const std::string& text) { return text == "M" || text == "F" || text == "O" ? text : std::string(); }

int two_digits(const std::string& digits, size_t at) { return (digits[at] - '0') * 10 + digits[at + 1] - '0'; }

// YYYYMMDD; ACR-NEMA wrote YYYY.MM.DD.
std::string date(const std::string& text) {
  std::string digits = text;
  if (text.size() == 10 && text[4] == '.' && text[7] == '.') std::erase(digits, '.');
  if (digits.size() != 8 || !std::ranges::all_of(digits, is_digit)) return {};
  const int month = two_digits(digits, 4);
  const int day = two_digits(digits, 6);
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 ? digits : std::string();
}

// HH, HHMM or HHMMSS, then up to six digits of a fraction; ACR-NEMA wrote HH:MM:SS.
std::string time(const std::string& text) {
  std::string kept = text;
  if (text.size() >= 8 && text[2] == ':' && text[5] == ':') std::erase(kept, ':');
  const size_t point = std::min(kept.find('.'), kept.size());
  const std::string whole = kept.substr(0, point);
  const std::string fraction = point < kept.size() ? kept.substr(point + 1) : std::string();
  const bool has_fraction = point < kept.size();
  if ((whole.size() != 2 && whole.size() != 4 && whole.size() != 6) || !std::ranges::all_of(whole, is_digit)) return {};
  if (has_fraction && (whole.size() != 6 || fraction.empty() || fraction.size() > 6)) return {};
  if (!std::ranges::all_of(fraction, is_digit)) return {};
  constexpr std::array<int, 3> kLargest = {23, 59, 60};  // a leap second
  for (size_t i = 0; i < whole.size(); i += 2) {
    if (two_digits(whole, i) > kLargest[i / 2]) return {};
  }
  return kept;
}

std::string integer_string(const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && text.size() <= kIntegerString ? text : std::string();
}

struct Field {
  Tag tag;
  std::string SourceIdentity::*member;
  std::string (*fit)(const std::string&);
};

constexpr Field kFields[] = {
    {tag::kPatientId, &SourceIdentity::patient_id, long_string},
    {tag::kPatientName, &SourceIdentity::patient_name, person_name},
    {tag::kPatientBirthDate, &SourceIdentity::patient_birth_date, date},
    {tag::kPatientSex, &SourceIdentity::patient_sex, sex},
    {tag::kStudyDate, &SourceIdentity::study_date, date},
    {tag::kStudyTime, &SourceIdentity::study_time, time},
    {tag::kStudyId, &SourceIdentity::study_id, short_string},
    {tag::kStudyDescription, &SourceIdentity::study_description, long_string},
    {tag::kAccessionNumber, &SourceIdentity::accession_number, short_string},
    {tag::kReferringPhysicianName, &SourceIdentity::referring_physician, person_name},
    {tag::kSeriesNumber, &SourceIdentity::series_number, integer_string},
    {tag::kBodyPartExamined, &SourceIdentity::body_part, code_string},
    {tag::kLaterality, &SourceIdentity::laterality, code_string},
    {tag::kPositionReferenceIndicator, &SourceIdentity::position_reference, long_string},
};

}  // namespace

SourceIdentity read_source_attributes(DcmItem& dataset, const DicomObject& object, const std::string& character_set) {
  SourceIdentity source;
  for (const Field& field : kFields) source.*field.member = get_text(dataset, field.tag, character_set);
  source.study_instance_uid = object.study_instance_uid;
  source.series_instance_uid = object.series_instance_uid;
  source.frame_of_reference_uid = object.frame_of_reference_uid;
  source.lossy_ratio = get_string(dataset, tag::kLossyImageCompressionRatio);
  source.lossy_method = get_string(dataset, tag::kLossyImageCompressionMethod);
  return source;
}

SourceIdentity fitted(const SourceIdentity& source, std::vector<Warning>& repairs) {
  SourceIdentity result = source;
  std::string lost;
  for (const Field& field : kFields) {
    result.*field.member = field.fit(source.*field.member);
    const std::string& text = source.*field.member;
    const bool is_rewritten = field.fit == date || field.fit == time;  // of ACR-NEMA's form
    if (result.*field.member == text || (is_rewritten && !(result.*field.member).empty())) continue;
    lost += (lost.empty() ? "" : ", ") + field_name(field.tag);
  }
  if (!lost.empty()) {
    repairs.push_back({"TEXT_CUT", "What is not allowed in " + lost +
                                       ", or too long, is left out of objects that refer to "
                                       "the series"});
  }
  return result;
}

std::string undecoded_texts(const DicomObject& object) {
  std::string names;
  const auto check = [&](Tag tag, const std::string& text) {
    if (text.find(kReplacement) != std::string::npos) names += (names.empty() ? "" : ", ") + field_name(tag);
  };
  for (const Field& field : kFields) check(field.tag, object.source.*field.member);
  check(tag::kSeriesDescription, object.series_description);
  check(tag::kManufacturer, object.manufacturer);
  check(tag::kContrastBolusAgent, object.contrast_agent);
  return names;
}

}  // namespace hepatica::dicom
