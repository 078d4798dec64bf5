#include "models/segmenter_model.h"

#include <utility>

namespace hepatica {

SegmenterModel::SegmenterModel(const LiverCnnConfig& config, const PreprocessOptions& preprocessing,
                               const std::string& structure, StateDict state, Metadata metadata, std::string path)
    : StructureModel(kKind, structure, config.to_json(), preprocessing, std::move(state), std::move(metadata),
                     std::move(path)),
      config_(config) {
  fold_weights(config_, state_, path_);
}

std::shared_ptr<const SegmenterModel> SegmenterModel::load(const std::string& path) {
  const SafetensorsFile file(path);
  const Metadata& metadata = file.metadata();
  check_kind(metadata, kKind, path);
  const LiverCnnConfig config = LiverCnnConfig::from_json(required_metadata(metadata, "architecture", path), path);
  const PreprocessOptions preprocessing = read_preprocessing(metadata, path);
  const std::string& structure = required_metadata(metadata, "structure", path);
  return std::make_shared<SegmenterModel>(config, preprocessing, structure, file.tensors(), metadata, path);
}

const LiverCnnInference& SegmenterModel::inference(Precision precision) const {
  const std::lock_guard lock(mutex_);
  return inferences_.try_emplace(precision, config_, state_, precision, path_).first->second;
}

const LiverCnnDeviceInference& SegmenterModel::device_inference(const ComputeDevice& device,
                                                                Precision precision) const {
  const std::lock_guard lock(mutex_);
  const at::ScalarType dtype = precision == Precision::kBf16 ? at::kBFloat16 : at::kFloat;
  return device_inferences_.try_emplace({device.index, precision}, config_, state_, device.tensors, dtype, path_)
      .first->second;
}

}  // namespace hepatica
