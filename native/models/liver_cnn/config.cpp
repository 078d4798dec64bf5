#include "models/liver_cnn/config.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "models/json_fields.h"

namespace hepatica {
namespace {

using Json = nlohmann::json;

// Limits of what a weights file may ask for: far above any sensible network, far below what exhausts a machine.
constexpr int64_t kMaxSubsampling = 8;
constexpr int64_t kMaxKernel = 31;
constexpr int64_t kMaxDilation = 16;

const std::array<std::pair<const char*, HeadKind>, 2> kHeadNames = {
    {{"subpixel", HeadKind::kSubpixel}, {"bilinear", HeadKind::kBilinear}}};
const std::array<std::pair<const char*, SkipKind>, 3> kSkipNames = {
    {{"none", SkipKind::kNone}, {"all", SkipKind::kAllLayers}, {"input", SkipKind::kInput}}};

// One value a layer; `odd`: padding keeps the size only for odd kernels.
std::array<int64_t, 3> per_layer(JsonFields& fields, const std::string& field, int64_t high, bool odd) {
  const std::string expected =
      std::string("three ") + (odd ? "odd " : "") + "integers from 1 to " + std::to_string(high);
  const Json& list = fields.at(field, expected);
  if (!list.is_array() || list.size() != 3) fields.refuse(field, expected, list.dump());
  std::array<int64_t, 3> values{};
  for (size_t i = 0; i < 3; ++i) {
    values[i] = fields.checked_integer(list[i], field, expected, 1, high);
    if (odd && values[i] % 2 == 0) fields.refuse(field, expected, list.dump());
  }
  return values;
}

std::vector<std::string> coordinate_names(JsonFields& fields, const std::string& field) {
  const std::string expected = R"(a part of ["x", "y"], in this order)";
  const Json& list = fields.at(field, expected);
  for (const Json& allowed : {Json::array(), Json::array({"x"}), Json::array({"x", "y"})}) {
    if (list == allowed) return list.get<std::vector<std::string>>();
  }
  fields.refuse(field, expected, list.dump());
}

// Published weights name what earlier versions knew beside this network: further passes that see the one before.
void accept_single_pass(JsonFields& fields) {
  fields.retired("passes", 1);
  fields.retired("prior_context_mm", Json::array());
}

void check_together(const LiverCnnConfig& config, const JsonFields& fields) {
  if (config.context_mm.empty()) fields.refuse("context_mm", "at least one offset", "[]");
  if (config.head_kernel % 2 == 0) {
    fields.refuse("head_kernel", "an odd integer", std::to_string(config.head_kernel));
  }
}

}  // namespace

int64_t LiverCnnConfig::input_channels() const {
  const auto planes = static_cast<int64_t>(context_mm.size());
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

LiverCnnConfig LiverCnnConfig::from_json(const std::string& text, const std::string& file) {
  const Json object = Json::parse(text, nullptr, false);
  JsonFields fields(object, "the liver network", file);
  if (!object.is_object()) fields.refuse("architecture", "a JSON object", "other text");
  LiverCnnConfig config;
  config.spacing_mm = fields.number("spacing_mm", 0.25, 10);
  config.context_mm = fields.offsets("context_mm");
  config.coordinates = coordinate_names(fields, "coordinates");
  accept_single_pass(fields);
  config.subsampling = fields.integer("subsampling", 1, kMaxSubsampling);
  config.kernels = per_layer(fields, "kernels", kMaxKernel, true);
  config.dilations = per_layer(fields, "dilations", kMaxDilation, false);
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
