#include "models/lesion3d/config.h"

#include "models/json_fields.h"

namespace hepatica {
namespace {

constexpr int64_t kMaxWidth = 1024;

}  // namespace

Lesion3dConfig Lesion3dConfig::from_json(const nlohmann::json& object, const std::string& file) {
  JsonFields fields(object, "the 3-D lesion network", file);
  if (!object.is_object()) fields.refuse("location3d", "a JSON object", object.dump());
  Lesion3dConfig config;
  config.wide = fields.integer("wide", 1, kMaxWidth);
  config.middle = fields.integer("middle", 1, kMaxWidth);
  config.fine = fields.integer("fine", 1, kMaxWidth);
  config.cell_mm = fields.cells_or(config.cell_mm, "cell_mm");
  config.share = fields.number("share", 0, 1);
  fields.refuse_unknown();
  return config;
}

nlohmann::json Lesion3dConfig::to_json() const {
  return {{"wide", wide}, {"middle", middle}, {"fine", fine}, {"cell_mm", cell_mm}, {"share", share}};
}

}  // namespace hepatica
