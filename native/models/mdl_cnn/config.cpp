#include "models/mdl_cnn/config.h"

#include <algorithm>
#include <utility>

#include "models/json_fields.h"

namespace hepatica {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<const char*, RegionChannel>, 3> kChannelNames = {
    {{"equalized", RegionChannel::kEqualized},
     {"clipped", RegionChannel::kClipped},
     {"relative", RegionChannel::kRelative}}};

std::vector<double> context_offsets(JsonFields& fields) {
  std::vector<double> offsets_mm = fields.offsets("context_mm");
  if (offsets_mm.size() != 1 && offsets_mm.size() != 3) {
    fields.refuse("context_mm", "one or three offsets in mm", Json(offsets_mm).dump());
  }
  return offsets_mm;
}

std::vector<RegionChannel> channel_kinds(JsonFields& fields) {
  const std::string expected = R"(one or more of "equalized", "clipped", "relative", each once)";
  const Json& list = fields.at("channels", expected);
  if (!list.is_array() || list.empty()) fields.refuse("channels", expected, list.dump());
  std::vector<RegionChannel> kinds;
  for (const Json& name : list) {
    const auto known = std::find_if(kChannelNames.begin(), kChannelNames.end(),
                                    [&](const auto& entry) { return name == entry.first; });
    if (known == kChannelNames.end() || std::find(kinds.begin(), kinds.end(), known->second) != kinds.end()) {
      fields.refuse("channels", expected, list.dump());
    }
    kinds.push_back(known->second);
  }
  return kinds;
}

// `all_given`: files of before a temperature and a level were chosen have neither.
LesionLevels levels_of(JsonFields& fields, bool all_given) {
  const auto chosen = [&](double otherwise, const char* name, double low, double high) {
    return all_given ? fields.number(name, low, high) : fields.number_or(otherwise, name, low, high);
  };
  LesionLevels levels;
  levels.threshold = fields.number("threshold", 0.01, 0.99);
  levels.extent_threshold = fields.number("extent_threshold", 0.01, 0.99);
  levels.type_temperature = chosen(levels.type_temperature, "type_temperature", 0.05, 20);
  levels.indeterminate_below = chosen(levels.indeterminate_below, "indeterminate_below", 0, 1);
  return levels;
}

LesionLevels paper_levels(const Json& object, const std::string& file) {
  JsonFields fields(object, "the paper's lesion network", file);
  if (!object.is_object()) fields.refuse("paper", "a JSON object", object.dump());
  const LesionLevels levels = levels_of(fields, true);
  fields.refuse_unknown();
  return levels;
}

Json json_of(const LesionLevels& levels) {
  return {{"threshold", levels.threshold},
          {"extent_threshold", levels.extent_threshold},
          {"type_temperature", levels.type_temperature},
          {"indeterminate_below", levels.indeterminate_below}};
}

LesionLevels& levels_in(MdlCnnConfig& config) { return config; }

}  // namespace

MdlCnnConfig MdlCnnConfig::paper_config() const {
  MdlCnnConfig alone = *this;
  if (paper) levels_in(alone) = *paper;
  alone.location3d.reset();
  alone.paper.reset();
  return alone;
}

MdlCnnConfig MdlCnnConfig::from_json(const std::string& text, const std::string& file) {
  const Json object = Json::parse(text, nullptr, false);
  JsonFields fields(object, "the lesion network", file);
  if (!object.is_object()) fields.refuse("architecture", "a JSON object", "other text");
  MdlCnnConfig config;
  config.spacing_mm = fields.number("spacing_mm", 0.25, 10);
  config.context_mm = context_offsets(fields);
  config.slab_mm = fields.number("slab_mm", 0, 50);
  config.channels = channel_kinds(fields);
  config.base_stages = fields.integer("base_stages", 1, 4);
  config.location_width = fields.integer("location_width", 1, 1024);
  levels_in(config) = levels_of(fields, false);
  config.minimum_ml = fields.number("minimum_ml", 0, 1000);
  if (object.contains("location3d")) {
    config.location3d = Lesion3dConfig::from_json(fields.at("location3d", "a JSON object"), file);
  }
  if (object.contains("paper")) config.paper = paper_levels(fields.at("paper", "a JSON object"), file);
  fields.refuse_unknown();
  return config;
}

std::string MdlCnnConfig::to_json() const {
  Json names = Json::array();
  for (const RegionChannel channel : channels) names.push_back(name_of(channel, kChannelNames));
  Json object = {{"spacing_mm", spacing_mm},   {"context_mm", context_mm},         {"channels", names},
                 {"base_stages", base_stages}, {"location_width", location_width}, {"minimum_ml", minimum_ml},
                 {"slab_mm", slab_mm}};
  if (location3d) object["location3d"] = location3d->to_json();
  object.update(json_of(*this));
  if (paper) object["paper"] = json_of(*paper);
  return object.dump();
}

}  // namespace hepatica
