#include "models/network_model.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "ops/equalization_names.h"

namespace hepatica {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& file, const std::string& field, const std::string& why) {
  throw Error("WRONG_MODEL", "These are not weights of a hepatica network: " + why, file, field,
              "Use weights that hepatica trained");
}

std::string preprocessing_json(const PreprocessOptions& options) {
  std::string equalization;
  for (const auto& [name, kind] : kEqualizationNames) {
    if (kind == options.equalization) equalization = name;
  }
  return Json{{"hu_min", options.hu_min}, {"hu_max", options.hu_max}, {"equalization", equalization}}.dump();
}

int hu_limit(const Json& object, const char* field, const std::string& file) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_number_integer() || *found < -32768 || *found > 32767) {
    refuse(file, "preprocessing", std::string(field) + " is not a Hounsfield value");
  }
  return found->get<int>();
}

}  // namespace

NetworkModel::NetworkModel(const std::string& kind, const std::string& structure, const std::string& architecture,
                           const PreprocessOptions& preprocessing, StateDict state, Metadata metadata, std::string path)
    : preprocessing_(preprocessing), state_(std::move(state)), metadata_(std::move(metadata)), path_(std::move(path)) {
  metadata_["kind"] = kind;
  metadata_["structure"] = structure;
  metadata_["architecture"] = architecture;
  metadata_["preprocessing"] = preprocessing_json(preprocessing_);
}

StateDict NetworkModel::saved_state(bool half_weights) const {
  StateDict tensors = state_;
  for (auto& [name, tensor] : tensors) {
    if (half_weights && tensor.dim() > 1 && tensor.is_floating_point()) tensor = tensor.detach().to(at::kBFloat16);
  }
  return tensors;
}

void NetworkModel::save(const std::string& path, bool half_weights) const {
  write_safetensors(path, saved_state(half_weights), metadata_);
}

FileBytes NetworkModel::saved_bytes(bool half_weights) const {
  return safetensors_bytes(saved_state(half_weights), metadata_);
}

int64_t NetworkModel::parameter_count() const {
  int64_t count = 0;
  for (const auto& [name, tensor] : state_) {
    const bool statistic = name.find(".running_") != std::string::npos || name.ends_with("num_batches_tracked");
    if (!statistic) count += tensor.numel();
  }
  return count;
}

const std::string& required_metadata(const Metadata& metadata, const std::string& key, const std::string& file) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) refuse(file, key, "their metadata lacks " + key);
  return found->second;
}

void check_kind(const Metadata& metadata, const std::string& kind, const std::string& file) {
  const std::string& found = required_metadata(metadata, "kind", file);
  if (found != kind) refuse(file, "kind", "their kind is " + found + ", not " + kind);
}

PreprocessOptions read_preprocessing(const Metadata& metadata, const std::string& file) {
  const std::string& text = required_metadata(metadata, "preprocessing", file);
  const Json object = Json::parse(text, nullptr, false);
  if (!object.is_object()) refuse(file, "preprocessing", "their preprocessing is not a JSON object");
  PreprocessOptions options;
  options.hu_min = hu_limit(object, "hu_min", file);
  options.hu_max = hu_limit(object, "hu_max", file);
  if (options.hu_min >= options.hu_max) refuse(file, "preprocessing", "hu_min is not below hu_max");
  for (const auto& [name, kind] : kEqualizationNames) {
    if (object.value("equalization", Json()) != name) continue;
    options.equalization = kind;
    return options;
  }
  refuse(file, "preprocessing", "their histogram equalization is unknown");
}

}  // namespace hepatica
