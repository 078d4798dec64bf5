// Values of a DCMTK data set, strictly parsed: a number is a whole, finite number or a problem.
#pragma once

#include <dcmtk/dcmdata/dcitem.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "dicom/header.h"
#include "dicom/tags.h"

namespace hepatica::dicom {

// Empty where the element is absent or has no value; trimmed. What is not ASCII becomes '?': texts that may be other
// than that are read by get_text.
std::string get_string(DcmItem& item, Tag tag);
std::vector<std::string> get_strings(DcmItem& item, Tag tag);
// UTF-8, whatever SpecificCharacterSet says; what cannot be converted becomes U+FFFD (dicom/character_sets.h).
std::string get_text(DcmItem& item, Tag tag, const std::string& character_set);
// As it stands in the file: for names of files.
std::string get_bytes(DcmItem& item, Tag tag);
std::optional<uint16_t> get_u16(DcmItem& item, Tag tag);
std::optional<double> parse_number(std::string text);

// The first item of a sequence, or null.
DcmItem* first_item(DcmItem& item, Tag sequence);

// Nullopt where the element is absent, empty, or not `count` finite numbers, no more and no fewer; then `problem` tells
// which.
template <size_t count>
std::optional<std::array<double, count>> get_numbers(DcmItem& item, Tag tag, std::optional<FieldProblem>& problem) {
  const std::vector<std::string> parts = get_strings(item, tag);
  if (parts.empty()) return std::nullopt;
  std::array<double, count> numbers{};
  bool good = parts.size() == count;
  for (size_t i = 0; good && i < count; ++i) {
    const std::optional<double> number = parse_number(parts[i]);
    good = number.has_value();
    numbers[i] = number.value_or(0);
  }
  if (good) return numbers;
  if (!problem) {
    problem = FieldProblem{tag, get_string(item, tag),
                           count == 1 ? "one finite number" : std::to_string(count) + " finite numbers"};
  }
  return std::nullopt;
}

inline std::optional<double> get_number(DcmItem& item, Tag tag, std::optional<FieldProblem>& problem) {
  const auto numbers = get_numbers<1>(item, tag, problem);
  return numbers ? std::optional((*numbers)[0]) : std::nullopt;
}

}  // namespace hepatica::dicom
