#include "models/liver_cnn/config.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"

namespace hepatica {
namespace {

using Json = nlohmann::json;

// Limits of what a weights file may ask for: far above any sensible network, far below what exhausts a machine.
constexpr size_t kMaxContext = 16;
constexpr int64_t kMaxSubsampling = 8;
constexpr int64_t kMaxKernel = 31;
constexpr int64_t kMaxDilation = 16;
constexpr int64_t kMaxPasses = 8;
constexpr double kMaxOffsetMm = 200;

const std::array<std::pair<const char*, HeadKind>, 2> kHeadNames = {
    {{"subpixel", HeadKind::kSubpixel}, {"bilinear", HeadKind::kBilinear}}};
const std::array<std::pair<const char*, SkipKind>, 3> kSkipNames = {
    {{"none", SkipKind::kNone}, {"all", SkipKind::kAllLayers}, {"input", SkipKind::kInput}}};

// Reads the fields of one JSON object and remembers which it was asked for, so that unknown ones are refused.
class Fields {
 public:
  Fields(const Json& object, const std::string& file) : object_(object), file_(file) {}

  [[noreturn]] void refuse(const std::string& field, const std::string& expected, const std::string& received) const {
    throw Error("WRONG_MODEL",
                "Expected " + field + " of the liver network to be " + expected + ", received " + received, file_,
                field, "Use weights that hepatica trained, or load this file with the program that wrote it");
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

  int64_t integer(const std::string& field, int64_t low, int64_t high) {
    const std::string expected = "an integer from " + std::to_string(low) + " to " + std::to_string(high);
    return checked_integer(at(field, expected), field, expected, low, high);
  }

  std::vector<double> offsets(const std::string& field) {
    const std::string expected = "a list of at most 16 offsets in mm";
    const Json& list = at(field, expected);
    if (!list.is_array() || list.size() > kMaxContext) refuse(field, expected, list.dump());
    std::vector<double> offsets_mm;
    for (const Json& value : list) {
      offsets_mm.push_back(checked_number(value, field, expected, -kMaxOffsetMm, kMaxOffsetMm));
    }
    return offsets_mm;
  }

  // One value a layer; `odd`: padding keeps the size only for odd kernels.
  std::array<int64_t, 3> per_layer(const std::string& field, int64_t high, bool odd) {
    const std::string expected =
        std::string("three ") + (odd ? "odd " : "") + "integers from 1 to " + std::to_string(high);
    const Json& list = at(field, expected);
    if (!list.is_array() || list.size() != 3) refuse(field, expected, list.dump());
    std::array<int64_t, 3> values{};
    for (size_t i = 0; i < 3; ++i) {
      values[i] = checked_integer(list[i], field, expected, 1, high);
      if (odd && values[i] % 2 == 0) refuse(field, expected, list.dump());
    }
    return values;
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

  std::vector<std::string> coordinates(const std::string& field) {
    const std::string expected = R"(a part of ["x", "y"], in this order)";
    const Json& list = at(field, expected);
    for (const Json& allowed : {Json::array(), Json::array({"x"}), Json::array({"x", "y"})}) {
      if (list == allowed) return list.get<std::vector<std::string>>();
    }
    refuse(field, expected, list.dump());
  }

  void refuse_unknown() const {
    for (const auto& [name, value] : object_.items()) {
      if (std::find(seen_.begin(), seen_.end(), name) == seen_.end()) {
        refuse(name, "absent (this version does not know it)", value.dump());
      }
    }
  }

 private:
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

  const Json& object_;
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

void check_together(const LiverCnnConfig& config, Fields& fields) {
  if (config.context_mm.empty()) fields.refuse("context_mm", "at least one offset", "[]");
  if (config.passes > 1 && !config.has_prior()) {
    fields.refuse("prior_context_mm", "at least one offset where passes is above 1", "[]");
  }
  if (config.head_kernel % 2 == 0) {
    fields.refuse("head_kernel", "an odd integer", std::to_string(config.head_kernel));
  }
}

}  // namespace

int64_t LiverCnnConfig::input_channels() const {
  const auto planes = static_cast<int64_t>(context_mm.size() + prior_context_mm.size());
  return planes * subsampling * subsampling + static_cast<int64_t>(coordinates.size());
}

int64_t LiverCnnConfig::head_input_channels() const {
  switch (skip) {
    case SkipKind::kAllLayers:
      return kWidths[0] + kWidths[1] + kWidths[2];
    case SkipKind::kInput:
      return kWidths[2] + input_channels();
    case SkipKind::kNone:
      break;
  }
  return kWidths[2];
}

int64_t LiverCnnConfig::head_output_channels() const {
  return head == HeadKind::kSubpixel ? kClasses * subsampling * subsampling : kClasses;
}

double LiverCnnConfig::flop(int64_t cells) const {
  const auto square = [](int64_t value) { return static_cast<double>(value * value); };
  double multiply_adds = 0;
  int64_t channels = input_channels();
  for (size_t layer = 0; layer < kWidths.size(); ++layer) {
    multiply_adds += static_cast<double>(channels * kWidths[layer]) * square(kernels[layer]);
    channels = kWidths[layer];
  }
  multiply_adds += static_cast<double>(head_input_channels() * head_output_channels()) * square(head_kernel);
  return 2 * multiply_adds * static_cast<double>(cells);
}

LiverCnnConfig LiverCnnConfig::from_json(const std::string& text, const std::string& file) {
  const Json object = Json::parse(text, nullptr, false);
  Fields fields(object, file);
  if (!object.is_object()) fields.refuse("architecture", "a JSON object", "other text");
  LiverCnnConfig config;
  config.spacing_mm = fields.number("spacing_mm", 0.25, 10);
  config.context_mm = fields.offsets("context_mm");
  config.coordinates = fields.coordinates("coordinates");
  config.prior_context_mm = fields.offsets("prior_context_mm");
  config.passes = static_cast<int>(fields.integer("passes", 1, kMaxPasses));
  config.subsampling = fields.integer("subsampling", 1, kMaxSubsampling);
  config.kernels = fields.per_layer("kernels", kMaxKernel, true);
  config.dilations = fields.per_layer("dilations", kMaxDilation, false);
  config.skip = fields.one_of("skip", kSkipNames);
  config.head = fields.one_of("head", kHeadNames);
  config.head_kernel = fields.integer("head_kernel", 1, kMaxKernel);
  config.threshold = fields.number("threshold", 0.01, 0.99);
  config.z_smoothing_mm = fields.number("z_smoothing_mm", 0, 50);
  config.slice_step_mm = fields.number("slice_step_mm", 0, 20);
  fields.refuse_unknown();
  check_together(config, fields);
  return config;
}

std::string LiverCnnConfig::to_json() const {
  return Json{{"spacing_mm", spacing_mm},
              {"context_mm", context_mm},
              {"coordinates", coordinates},
              {"prior_context_mm", prior_context_mm},
              {"passes", passes},
              {"subsampling", subsampling},
              {"kernels", kernels},
              {"dilations", dilations},
              {"skip", name_of(skip, kSkipNames)},
              {"head", name_of(head, kHeadNames)},
              {"head_kernel", head_kernel},
              {"threshold", threshold},
              {"z_smoothing_mm", z_smoothing_mm},
              {"slice_step_mm", slice_step_mm}}
      .dump();
}

}  // namespace hepatica
