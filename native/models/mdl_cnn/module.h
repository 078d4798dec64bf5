// The lesion network as a torch module: what training optimizes.
// State-dict names: base.* (torchvision's ResNet101), merge1.{weight,bias}, ..., location1.{conv,bn}.*, ...,
// location7.*, location_head.*, class1.{conv,bn}.*, ..., class7.*, class_head.*.
#pragma once

#include <torch/nn/pimpl.h>

#include <string>

#include "models/layers/trained_layers.h"
#include "models/mdl_cnn/config.h"
#include "models/mdl_cnn/network.h"

namespace hepatica {

class MdlCnnImpl : public TrainedLayers {
 public:
  // He initialization (fan in, ReLU), the heads near zero, lesions rare at first, the base's residual branches silent
  // (docs/lesion-experiments.md: it learns faster); torch::manual_seed makes it repeatable.
  explicit MdlCnnImpl(MdlCnnConfig config);

  // See forward_mdl_cnn.
  MdlOutput forward(const at::Tensor& region, const at::Tensor& classified = {}, bool elsewhere = false);

  const MdlCnnConfig& config() const { return config_; }
  // The ResNet101 in it.
  torch::nn::Module& base_network() const { return *named_children()["base"]; }

  // Copies values by name; throws WRONG_MODEL naming `file` and the tensor for a missing, surplus or misshapen one.
  void load_state_dict(const StateDict& state, const std::string& file = {});

 private:
  MdlCnnConfig config_;
};
TORCH_MODULE(MdlCnn);

}  // namespace hepatica
