// A trained lesion network: the weights of the MDL-CNN and of the 3-D network where it has one, and what is needed to
// run them.
#pragma once

#include <memory>
#include <string>

#include "models/layers/inference_cache.h"
#include "models/lesion3d/inference.h"
#include "models/mdl_cnn/config.h"
#include "models/mdl_cnn/inference.h"
#include "models/network_model.h"

namespace hepatica {

// JSON: the codes of the class channels, in their order; metadata "classes" of a lesion network's weights.
std::string lesion_class_codes();

class LesionModel : public NetworkModel {
 public:
  static constexpr const char* kKind = "mdl_cnn";

  // `metadata` is kept and written as it is, but for what NetworkModel sets and "classes", the codes of the class
  // channels. Throws WRONG_MODEL for a state dict that does not fit the configuration.
  LesionModel(const MdlCnnConfig& config, const PreprocessOptions& preprocessing, const std::string& structure,
              StateDict state, Metadata metadata = {}, std::string path = {});

  // Throws as SafetensorsFile does, and WRONG_MODEL for other weights, naming the file and the field or tensor.
  static std::shared_ptr<const LesionModel> load(const InputFile& input);

  const MdlCnnConfig& config() const { return config_; }
  // The MDL-CNN without the 3-D network that may lie beside it; tensors are shared.
  std::shared_ptr<const LesionModel> paper_network() const;

  // Made at the first use and kept; thread-safe. Weights are packed, or copied to the device, here: call it on the
  // inference thread.
  const MdlCnnInference& inference(const at::Device& device, Precision precision) const;
  // Of a model whose configuration has a 3-D network.
  const Lesion3dInference& inference3d(const at::Device& device, Precision precision) const;

 private:
  MdlCnnConfig config_;
  mutable InferenceCache<MdlCnnInference> inferences_;
  mutable InferenceCache<Lesion3dInference> inferences3d_;
};

}  // namespace hepatica
