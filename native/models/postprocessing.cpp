#include "models/postprocessing.h"

#include <array>
#include <utility>

#include "models/json_fields.h"
#include "ops/fill_holes.h"

namespace hepatica {
namespace {

using Json = nlohmann::json;

const std::array<std::pair<const char*, KeptComponents>, 2> kComponentNames = {
    {{"all", KeptComponents::kAll}, {"largest", KeptComponents::kLargest}}};
constexpr const char* kNetwork = "the segmenter's postprocessing";

double read_share(const Json& object, const std::string& file) {
  JsonFields fields(object, kNetwork, file);
  const double share = fields.number("minimumShare", 0.001, 1);
  fields.refuse_unknown();
  return share;
}

}  // namespace

Postprocessing Postprocessing::from_json(const std::string& text, const std::string& file) {
  const Json object = Json::parse(text, nullptr, false);
  JsonFields fields(object, kNetwork, file);
  if (!object.is_object()) fields.refuse(kMetadataKey, "a JSON object", "other text");
  Postprocessing read;
  const Json& components = fields.at("components", "\"all\", \"largest\" or {\"minimumShare\": number}");
  if (components.is_object()) {
    read.components = KeptComponents::kShare;
    read.minimum_share = read_share(components, file);
  } else {
    read.components = fields.one_of("components", kComponentNames);
  }
  const Json& fill = fields.at("fillHoles", "true or false");
  if (!fill.is_boolean()) fields.refuse("fillHoles", "true or false", fill.dump());
  read.fill_holes = fill.get<bool>();
  fields.refuse_unknown();
  return read;
}

Postprocessing Postprocessing::of(const Metadata& metadata, const std::string& file) {
  const auto found = metadata.find(kMetadataKey);
  return found == metadata.end() ? Postprocessing{} : from_json(found->second, file);
}

std::string Postprocessing::to_json() const {
  const Json kept = components == KeptComponents::kShare ? Json{{"minimumShare", minimum_share}}
                                                         : Json(name_of(components, kComponentNames));
  return Json{{"components", kept}, {"fillHoles", fill_holes}}.dump();
}

Mask keep_components(const Mask& mask, const ComponentMap& map, const Postprocessing& postprocessing) {
  Mask kept{mask.geometry, std::vector<uint8_t>(mask.voxels.size())};
  const std::vector<Component>& components = map.components();
  if (components.empty()) return kept;
  double least = 0;
  if (postprocessing.components == KeptComponents::kShare) {
    least = postprocessing.minimum_share * static_cast<double>(components[0].voxels);
  }
  // Largest first.
  for (size_t i = 0; i < components.size() && static_cast<double>(components[i].voxels) >= least; ++i) {
    if (i > 0 && postprocessing.components == KeptComponents::kLargest) break;
    map.paint(i, 1, kept);
  }
  return kept;
}

Mask postprocess(const Mask& above_threshold, const Postprocessing& postprocessing, Run& run) {
  Mask kept = keep_components(above_threshold, ComponentMap(above_threshold, Connectivity::kFaces), postprocessing);
  return postprocessing.fill_holes ? fill_holes(std::move(kept), run) : kept;
}

}  // namespace hepatica
