#include "training/tasks/volume/encoder3d_network.h"

#include <ATen/ops/cat.h>

#include <utility>

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

// The head's rows are four a structure, in their order.
StateDict with_rows_of_new_structures(StateDict initial, const StateDict& drawn) {
  for (const char* const name : {"decoder.head.weight", "decoder.head.bias"}) {
    const auto known = initial.find(name);
    const auto all = drawn.find(name);
    if (known == initial.end() || all == drawn.end()) continue;
    const int64_t rows = known->second.size(0);
    if (rows >= all->second.size(0) || known->second.sizes().slice(1) != all->second.sizes().slice(1)) continue;
    known->second = at::cat({known->second.to(at::kFloat), all->second.slice(0, rows)});
  }
  return initial;
}

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
  kind.widened = with_rows_of_new_structures;
  return kind;
}

}  // namespace hepatica
