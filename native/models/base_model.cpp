#include "models/base_model.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "models/weights/read_state_dict.h"

namespace hepatica {

BaseModel::BaseModel(BaseWeights weights, Metadata metadata, std::string path)
    : NetworkModel(kKind, "ImageNet", nlohmann::json{{"stages", ResNet101::kStages}}.dump(), {},
                   std::move(weights.state), std::move(metadata), std::move(path)),
      missing_(std::move(weights.missing)),
      surplus_(std::move(weights.left_out)) {
  // A base sees what its network prepares.
  metadata_.erase("preprocessing");
}

std::shared_ptr<const BaseModel> BaseModel::load(const InputFile& input) {
  const std::string& path = input.name;
  Metadata metadata;
  if (!is_torch_file(input)) metadata = SafetensorsFile(input).metadata();
  return std::make_shared<BaseModel>(load_base(input), std::move(metadata), path);
}

bool looks_like_base(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return name.ends_with("layer1.0.conv1.weight"); });
}

}  // namespace hepatica
