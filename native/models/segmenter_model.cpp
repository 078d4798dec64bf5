#include "models/segmenter_model.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"

namespace hepatica {
namespace {

using Json = nlohmann::json;

const std::array<std::pair<const char*, Equalization>, 3> kEqualizationNames = {
    {{"global", Equalization::kGlobal}, {"clahe", Equalization::kClahe}, {"none", Equalization::kNone}}};

[[noreturn]] void refuse(const std::string& file, const std::string& field, const std::string& why) {
  throw Error("WRONG_MODEL", "These are not weights of a hepatica segmenter: " + why, file, field,
              "Use weights that hepatica's trainSegmenter wrote");
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

PreprocessOptions read_preprocessing(const std::string& text, const std::string& file) {
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

const std::string& required(const Metadata& metadata, const std::string& key, const std::string& file) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) refuse(file, key, "their metadata lacks " + key);
  return found->second;
}

}  // namespace

SegmenterModel::SegmenterModel(const LiverCnnConfig& config, const PreprocessOptions& preprocessing,
                               const std::string& structure, StateDict state, Metadata metadata)
    : config_(config),
      preprocessing_(preprocessing),
      structure_(structure),
      state_(std::move(state)),
      metadata_(std::move(metadata)) {
  fold_weights(config_, state_);
  metadata_["kind"] = kKind;
  metadata_["structure"] = structure_;
  metadata_["architecture"] = config_.to_json();
  metadata_["preprocessing"] = preprocessing_json(preprocessing_);
}

std::shared_ptr<const SegmenterModel> SegmenterModel::load(const std::string& path) {
  const SafetensorsFile file(path);
  const Metadata& metadata = file.metadata();
  if (required(metadata, "kind", path) != kKind) refuse(path, "kind", "their kind is " + metadata.at("kind"));
  const LiverCnnConfig config = LiverCnnConfig::from_json(required(metadata, "architecture", path), path);
  const PreprocessOptions preprocessing = read_preprocessing(required(metadata, "preprocessing", path), path);
  const std::string& structure = required(metadata, "structure", path);
  const StateDict state = file.tensors();
  fold_weights(config, state, path);
  auto model = std::make_shared<SegmenterModel>(config, preprocessing, structure, state, metadata);
  model->path_ = path;
  return model;
}

void SegmenterModel::save(const std::string& path) const { write_safetensors(path, state_, metadata_); }

int64_t SegmenterModel::parameter_count() const {
  int64_t count = 0;
  for (const auto& [name, tensor] : state_) {
    const bool statistic = name.find(".running_") != std::string::npos || name.ends_with("num_batches_tracked");
    if (!statistic) count += tensor.numel();
  }
  return count;
}

const LiverCnnInference& SegmenterModel::inference(Precision precision) const {
  const std::lock_guard lock(mutex_);
  return inferences_.try_emplace(precision, config_, state_, precision, path_).first->second;
}

const LiverCnnDeviceInference& SegmenterModel::cuda_inference(int device_index, Precision precision) const {
  const std::lock_guard lock(mutex_);
  const at::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(device_index));
  const at::ScalarType dtype = precision == Precision::kBf16 ? at::kBFloat16 : at::kFloat;
  return cuda_inferences_.try_emplace({device_index, precision}, config_, state_, device, dtype, path_).first->second;
}

}  // namespace hepatica
