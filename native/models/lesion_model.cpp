#include "models/lesion_model.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "models/encoder3d/encoder.h"
#include "models/layers/folded_weights.h"
#include "models/layers/inference_layers.h"
#include "models/lesion3d/network.h"
#include "models/mdl_cnn/network.h"

namespace hepatica {

namespace {

RecordedLayers all_layers(const MdlCnnConfig& config) {
  RecordedLayers layers = mdl_cnn_layers(config);
  if (!config.location3d) return layers;
  for (RecordedConv& layer : lesion3d_layers(*config.location3d)) layers.push_back(std::move(layer));
  return layers;
}

}  // namespace

std::string lesion_class_codes() { return nlohmann::json(kLesionCodes).dump(); }

LesionModel::LesionModel(const MdlCnnConfig& config, const PreprocessOptions& preprocessing,
                         const std::string& structure, StateDict state, Metadata metadata, std::string path)
    : NetworkModel(kKind, structure, config.to_json(), preprocessing, std::move(state), std::move(metadata),
                   std::move(path)),
      config_(config) {
  metadata_["classes"] = lesion_class_codes();
  check_weights(all_layers(config_), state_, "this lesion network", path_);
}

std::shared_ptr<const LesionModel> LesionModel::load(const InputFile& input) {
  const std::string& path = input.name;
  const SafetensorsFile file(input);
  const Metadata& metadata = file.metadata();
  check_kind(metadata, kKind, path);
  const MdlCnnConfig config = MdlCnnConfig::from_json(required_metadata(metadata, "architecture", path), path);
  const PreprocessOptions preprocessing = read_preprocessing(metadata, path);
  const std::string& structure = required_metadata(metadata, "structure", path);
  const std::string& classes = required_metadata(metadata, "classes", path);
  if (nlohmann::json::parse(classes, nullptr, false) != nlohmann::json(kLesionCodes)) {
    throw Error("WRONG_MODEL",
                "Expected the classes of a lesion network to be " + lesion_class_codes() + ", received " + classes,
                path, "classes", "Use weights that hepatica's trainLesionClassifier wrote");
  }
  return std::make_shared<LesionModel>(config, preprocessing, structure, file.tensors(), metadata, path);
}

std::shared_ptr<const LesionModel> LesionModel::paper_network() const {
  StateDict own;
  for (const auto& [name, tensor] : state_) {
    if (!name.starts_with(Lesion3dConfig::kPrefix)) own[name] = tensor;
  }
  return std::make_shared<LesionModel>(config_.paper_config(), preprocessing_, structure(), std::move(own), metadata_,
                                       path_);
}

const MdlCnnInference& LesionModel::inference(const at::Device& device, Precision precision) const {
  return inferences_.get(device, precision, [&] {
    return MdlCnnInference(config_, inference_layers(mdl_cnn_layers(config_), state_, device, precision), device);
  });
}

const Lesion3dInference& LesionModel::inference3d(const at::Device& device, Precision precision) const {
  const Lesion3dConfig& config = config_.location3d.value();
  return inferences3d_.get(device, precision, [&] {
    return Lesion3dInference(config, inference_layers(lesion3d_layers(config), state_, device, precision), device,
                             encoder_id(state_, Lesion3d::kEncoderPrefix, config.cell_mm));
  });
}

}  // namespace hepatica
