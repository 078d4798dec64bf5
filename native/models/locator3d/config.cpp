#include "models/locator3d/config.h"

#include "models/json_fields.h"

namespace hepatica {
namespace {

using Json = nlohmann::json;

// Far above any sensible locator, far below what exhausts a machine.
constexpr int64_t kMaxLocatorWidth = 512;

std::array<int64_t, 4> read_widths(JsonFields& fields) {
  const std::string expected = "four integers from 1 to " + std::to_string(kMaxLocatorWidth);
  const Json& list = fields.at("widths", expected);
  std::array<int64_t, 4> widths{};
  if (!list.is_array() || list.size() != widths.size()) fields.refuse("widths", expected, list.dump());
  for (size_t i = 0; i < widths.size(); ++i) {
    widths[i] = fields.checked_integer(list[i], "widths", expected, 1, kMaxLocatorWidth);
  }
  return widths;
}

}  // namespace

Locator3dConfig Locator3dConfig::from_json(const Json& object, const std::string& file) {
  JsonFields fields(object, "the locator", file);
  if (!object.is_object()) fields.refuse("locator", "a JSON object", object.dump());
  Locator3dConfig config;
  config.widths = read_widths(fields);
  config.threshold = fields.number("threshold", 0.001, 0.999);
  config.minimum_share = fields.number("minimum_share", 0, 1);
  config.minimum_ml = fields.number("minimum_ml", 0, 1000);
  config.margin_mm = fields.number("margin_mm", 0, 200);
  fields.refuse_unknown();
  return config;
}

Json Locator3dConfig::to_json() const {
  return {{"widths", widths},
          {"threshold", threshold},
          {"minimum_share", minimum_share},
          {"minimum_ml", minimum_ml},
          {"margin_mm", margin_mm}};
}

}  // namespace hepatica
