#include "training/tasks/volume/encoder3d_network.h"

#include "models/encoder3d/inference.h"
#include "models/encoder3d/model.h"
#include "models/encoder3d/network.h"
#include "models/layers/trained_layers.h"

namespace hepatica {
namespace {

class TrainedEncoder3d : public VolumeNetwork {
 public:
  explicit TrainedEncoder3d(const Encoder3dConfig& config) : network_(config), layers_(encoder3d_layers(config)) {
    for (const RecordedConv& recorded : encoder3d_layers(config)) layers_.draw_default(recorded.layer.name);
    layers_.draw_head("decoder.head");
  }

  torch::nn::Module& module() override { return layers_; }
  at::Tensor logits(const at::Tensor& values, const at::Tensor& coordinates) override {
    return network_.forward(layers_, values, coordinates);
  }

 private:
  Encoder3d network_;
  TrainedLayers layers_;
};

}  // namespace

VolumeNetworkKind encoder3d_kind(const Encoder3dConfig& config, const std::string& structure) {
  VolumeNetworkKind kind;
  kind.kind = Encoder3dModel::kKind;
  kind.architecture = config.to_json();
  kind.structures = config.structures;
  kind.structure = structure;
  kind.cell_mm = config.cell_mm;
  kind.multiple = Encoder3dConfig::kMultiple;
  kind.context_cells = Encoder3dConfig::kContextCells;
  kind.base = "encoder";
  kind.make = [config] { return std::make_unique<TrainedEncoder3d>(config); };
  return kind;
}

}  // namespace hepatica
