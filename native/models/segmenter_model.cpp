#include "models/segmenter_model.h"

#include <utility>

#include "models/layers/folded_weights.h"
#include "models/liver_cnn/network.h"

namespace hepatica {

SegmenterModel::SegmenterModel(const LiverCnnConfig& config, const PreprocessOptions& preprocessing,
                               const std::string& structure, StateDict state, Metadata metadata, std::string path)
    : StructureModel(kKind, structure, config.to_json(), preprocessing, std::move(state), std::move(metadata),
                     std::move(path)),
      config_(config) {
  check_weights(liver_cnn_layers(config_), state_, "this liver network", path_);
}

std::shared_ptr<const SegmenterModel> SegmenterModel::load(const InputFile& input) {
  const std::string& path = input.name;
  const SafetensorsFile file(input);
  const Metadata& metadata = file.metadata();
  check_kind(metadata, kKind, path);
  const LiverCnnConfig config = LiverCnnConfig::from_json(required_metadata(metadata, "architecture", path), path);
  const PreprocessOptions preprocessing = read_preprocessing(metadata, path);
  const std::string& structure = required_metadata(metadata, "structure", path);
  return std::make_shared<SegmenterModel>(config, preprocessing, structure, file.tensors(), metadata, path);
}

const LiverCnnInference& SegmenterModel::inference(const at::Device& device, Precision precision) const {
  return inferences_.get(device, precision,
                         [&] { return LiverCnnInference(config_, state_, device, precision, path_); });
}

}  // namespace hepatica
