// A trained 3-D structure network: its weights, and what is needed to run them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/encoder3d/config.h"
#include "models/encoder3d/inference.h"
#include "models/layers/inference_cache.h"
#include "models/structure_model.h"
#include "runtime/precision.h"

namespace hepatica {

class Encoder3dModel : public StructureModel {
 public:
  static constexpr const char* kKind = "encoder3d";

  // `structure` is one of the configuration's. `metadata` is kept and written as it is, but for what NetworkModel sets.
  // Throws WRONG_MODEL for a state dict that does not fit the configuration.
  Encoder3dModel(const Encoder3dConfig& config, const std::string& structure, StateDict state, Metadata metadata = {},
                 std::string path = {});

  // Throws as SafetensorsFile does, and WRONG_MODEL for other weights, naming the file and the field or tensor.
  static std::shared_ptr<const Encoder3dModel> load(const InputFile& input);

  const Encoder3dConfig& config() const { return config_; }
  std::vector<double> context_mm() const override { return {-kContextMm, kContextMm}; }
  // The structure's place among the configuration's.
  int64_t structure_class() const { return structure_class_; }

  // Made at the first use and kept; thread-safe. Weights are packed, or copied to the device, here: call it on the
  // inference thread, and use it there.
  const Encoder3dInference& inference(const at::Device& device, Precision precision) const;

 private:
  // Of the encoder's coarsest cell, to the middles of its neighbours: with less, most of what it sees is padding.
  static constexpr double kContextMm = 12;

  Encoder3dConfig config_;
  int64_t structure_class_ = 0;
  mutable InferenceCache<Encoder3dInference> inferences_;
};

}  // namespace hepatica
