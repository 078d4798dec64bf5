#include "models/encoder3d/model.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "models/encoder3d/encoder.h"
#include "models/encoder3d/network.h"
#include "models/layers/folded_weights.h"
#include "models/layers/inference_layers.h"

namespace hepatica {
namespace {

// What the network's values are made of (grid/sample_cells.h), said in the metadata's terms.
constexpr PreprocessOptions kValues = {-160, 240, Equalization::kNone};

int64_t class_of(const std::string& structure, const Encoder3dConfig& config, const std::string& file) {
  const auto found = std::find(config.structures.begin() + 1, config.structures.end(), structure);
  if (found != config.structures.end()) return found - config.structures.begin();
  throw Error("WRONG_MODEL", "Expected structure to be one of the network's structures, received " + structure, file,
              "structure", "Use weights that hepatica trained");
}

}  // namespace

Encoder3dModel::Encoder3dModel(const Encoder3dConfig& config, const std::string& structure, StateDict state,
                               Metadata metadata, std::string path)
    : StructureModel(kKind, structure, config.to_json(), kValues, std::move(state), std::move(metadata),
                     std::move(path)),
      config_(config),
      structure_class_(class_of(structure, config, path_)) {
  check_weights(encoder3d_layers(config_), state_, "this 3-D network", path_);
}

std::shared_ptr<const Encoder3dModel> Encoder3dModel::load(const InputFile& input) {
  const std::string& path = input.name;
  const SafetensorsFile file(input);
  const Metadata& metadata = file.metadata();
  check_kind(metadata, kKind, path);
  const Encoder3dConfig config = Encoder3dConfig::from_json(required_metadata(metadata, "architecture", path), path);
  const std::string& structure = required_metadata(metadata, "structure", path);
  return std::make_shared<Encoder3dModel>(config, structure, file.tensors(), metadata, path);
}

const Encoder3dInference& Encoder3dModel::inference(const at::Device& device, Precision precision) const {
  return inferences_.get(device, precision, [&] {
    return Encoder3dInference(config_, inference_layers(encoder3d_layers(config_), state_, device, precision),
                              encoder_id(state_, Encoder3d::kEncoderPrefix, config_.cell_mm));
  });
}

}  // namespace hepatica
