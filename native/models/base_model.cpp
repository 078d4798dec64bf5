#include "models/base_model.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "models/weights/read_state_dict.h"

namespace hepatica {

namespace {

std::string structure_of(const Metadata& metadata) {
  const auto named = metadata.find("structure");
  return named == metadata.end() ? "ImageNet" : named->second;
}

}  // namespace

BaseModel::BaseModel(BaseWeights weights, const Metadata& metadata, std::string path)
    : NetworkModel(kKind, structure_of(metadata), nlohmann::json{{"stages", weights.stages}}.dump(), {},
                   std::move(weights.state), metadata, std::move(path)),
      stages_(weights.stages),
      missing_(std::move(weights.missing)),
      surplus_(std::move(weights.left_out)) {
  // A base sees what its network prepares.
  metadata_.erase("preprocessing");
}

StateDict BaseModel::first_stages(int64_t stages) const {
  return hepatica::first_stages(state_, stages_, stages, path_);
}

std::shared_ptr<const BaseModel> BaseModel::load(const InputFile& input) {
  const std::string& path = input.name;
  Metadata metadata;
  if (!is_torch_file(input)) metadata = SafetensorsFile(input).metadata();
  return std::make_shared<BaseModel>(load_base(input), metadata, path);
}

bool looks_like_base(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return name.ends_with("layer1.0.conv1.weight"); });
}

}  // namespace hepatica
