// The fields of a network's configuration, read from the JSON of a hostile weights file: each with its limits, and none
// that this version does not know.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"

namespace hepatica {

// Keeps references. `network` is the network's name in messages: "the liver network".
class JsonFields {
 public:
  using Json = nlohmann::json;

  JsonFields(const Json& object, std::string network, const std::string& file)
      : object_(object), network_(std::move(network)), file_(file) {}

  // Throws WRONG_MODEL naming the file and the field.
  [[noreturn]] void refuse(const std::string& field, const std::string& expected, const std::string& received) const {
    throw Error("WRONG_MODEL",
                "Expected " + field + " of " + network_ + " to be " + expected + ", received " + received, file_, field,
                "Use weights that hepatica trained, or load this file with the program that wrote it");
  }

  const Json& at(const std::string& field, const std::string& expected) {
    seen_.push_back(field);
    const auto found = object_.find(field);
    if (found == object_.end()) refuse(field, expected, "nothing");
    return *found;
  }

  double number(const std::string& field, double low, double high) {
    const std::string expected = "a number from " + Json(low).dump() + " to " + Json(high).dump();
    return checked_number(at(field, expected), field, expected, low, high);
  }

  // Where the file is of an earlier version, which did not know the field.
  double number_or(double earlier, const std::string& field, double low, double high) {
    return object_.contains(field) ? number(field, low, high) : earlier;
  }

  // Cells of a grid, x, y, z in mm; as number_or.
  std::array<double, 3> cells_or(const std::array<double, 3>& earlier, const std::string& field) {
    if (!object_.contains(field)) return earlier;
    const std::string expected = "three lengths from 0.5 to 10 mm";
    const Json& list = at(field, expected);
    if (!list.is_array() || list.size() != earlier.size()) refuse(field, expected, list.dump());
    std::array<double, 3> cell_mm{};
    for (size_t axis = 0; axis < cell_mm.size(); ++axis) {
      cell_mm[axis] = checked_number(list[axis], field, expected, 0.5, 10);
    }
    return cell_mm;
  }

  int64_t integer(const std::string& field, int64_t low, int64_t high) {
    const std::string expected = "an integer from " + std::to_string(low) + " to " + std::to_string(high);
    return checked_integer(at(field, expected), field, expected, low, high);
  }

  std::vector<double> offsets(const std::string& field) {
    const std::string expected = "a list of at most 16 offsets in mm";
    const Json& list = at(field, expected);
    if (!list.is_array() || list.size() > kMaxOffsets) refuse(field, expected, list.dump());
    std::vector<double> offsets_mm;
    for (const Json& value : list) {
      offsets_mm.push_back(checked_number(value, field, expected, -kMaxOffsetMm, kMaxOffsetMm));
    }
    return offsets_mm;
  }

  template <class Kind, size_t count>
  Kind one_of(const std::string& field, const std::array<std::pair<const char*, Kind>, count>& names) {
    std::string expected = "one of";
    for (const auto& [name, kind] : names) expected += std::string(" ") + name;
    const Json& value = at(field, expected);
    for (const auto& [name, kind] : names) {
      if (value == name) return kind;
    }
    refuse(field, expected, value.dump());
  }

  // A field that earlier versions wrote: it may be absent, or say `only`.
  void retired(const std::string& field, const Json& only) {
    seen_.push_back(field);
    const auto found = object_.find(field);
    if (found == object_.end() || *found == only) return;
    refuse(field, "absent or " + only.dump() + " (this version knows nothing else)", found->dump());
  }

  void refuse_unknown() const {
    for (const auto& [name, value] : object_.items()) {
      if (std::find(seen_.begin(), seen_.end(), name) == seen_.end()) {
        refuse(name, "absent (this version does not know it)", value.dump());
      }
    }
  }

  double checked_number(const Json& value, const std::string& field, const std::string& expected, double low,
                        double high) const {
    if (!value.is_number()) refuse(field, expected, value.dump());
    const double number = value.get<double>();
    if (!(number >= low && number <= high)) refuse(field, expected, value.dump());
    return number;
  }

  int64_t checked_integer(const Json& value, const std::string& field, const std::string& expected, int64_t low,
                          int64_t high) const {
    if (!value.is_number_integer()) refuse(field, expected, value.dump());
    const int64_t number = value.get<int64_t>();
    if (number < low || number > high) refuse(field, expected, value.dump());
    return number;
  }

 private:
  static constexpr size_t kMaxOffsets = 16;
  static constexpr double kMaxOffsetMm = 200;

  const Json& object_;
  std::string network_;
  const std::string& file_;
  std::vector<std::string> seen_;
};

template <class Kind, size_t count>
const char* name_of(Kind wanted, const std::array<std::pair<const char*, Kind>, count>& names) {
  for (const auto& [name, kind] : names) {
    if (kind == wanted) return name;
  }
  return "";
}

}  // namespace hepatica
