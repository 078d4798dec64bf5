#include "models/encoder3d/config.h"

#include <nlohmann/json.hpp>
#include <set>

#include "models/json_fields.h"

namespace hepatica {
namespace {

using Json = nlohmann::json;

// Limits of what a weights file may ask for: far above any sensible network, far below what exhausts a machine.
constexpr int64_t kMaxWidth = 1024;
constexpr size_t kMaxStructures = 64;

std::vector<std::string> read_structures(JsonFields& fields) {
  const std::string expected = "2 to " + std::to_string(kMaxStructures) + " different names";
  const Json& list = fields.at("structures", expected);
  if (!list.is_array() || list.size() < 2 || list.size() > kMaxStructures) {
    fields.refuse("structures", expected, list.dump());
  }
  std::vector<std::string> names;
  for (const Json& name : list) {
    if (!name.is_string() || name.get_ref<const std::string&>().empty()) {
      fields.refuse("structures", expected, list.dump());
    }
    names.push_back(name.get<std::string>());
  }
  if (std::set(names.begin(), names.end()).size() != names.size()) fields.refuse("structures", expected, list.dump());
  return names;
}

}  // namespace

Encoder3dConfig Encoder3dConfig::from_json(const std::string& text, const std::string& file) {
  const Json object = Json::parse(text, nullptr, false);
  JsonFields fields(object, "the 3-D network", file);
  if (!object.is_object()) fields.refuse("architecture", "a JSON object", "other text");
  Encoder3dConfig config;
  config.structures = read_structures(fields);
  config.wide = fields.integer("wide", 1, kMaxWidth);
  config.middle = fields.integer("middle", 1, kMaxWidth);
  config.fine = fields.integer("fine", 1, kMaxWidth);
  config.cell_mm = fields.cells_or(config.cell_mm, "cell_mm");
  config.threshold = fields.number("threshold", 0.01, 0.99);
  config.locator = Locator3dConfig::from_json(fields.at("locator", "a JSON object"), file);
  fields.refuse_unknown();
  return config;
}

std::string Encoder3dConfig::to_json() const {
  return Json{{"structures", structures},
              {"wide", wide},
              {"middle", middle},
              {"fine", fine},
              {"cell_mm", cell_mm},
              {"threshold", threshold},
              {"locator", locator.to_json()}}
      .dump();
}

}  // namespace hepatica
