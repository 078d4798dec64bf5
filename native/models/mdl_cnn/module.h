// The lesion network as a torch module: what training optimizes, and the plain reference of the fast inference.
// State-dict names: base.* (torchvision's ResNet101), merge1.{weight,bias}, ..., location1.{conv,bn}.*, ...,
// location7.*, location_head.*, class1.{conv,bn}.*, ..., class7.*, class_head.*.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <string>
#include <vector>

#include "models/mdl_cnn/config.h"
#include "models/resnet101/module.h"
#include "models/state_dict.h"

namespace hepatica {

struct MdlOutput {
  at::Tensor location;  // (N, 2, H, W) logits, float32: no lesion, lesion
  at::Tensor classes;   // (N, 4, H, W) logits, float32, in the order of kLesionCodes
};

// 3x3 convolution, batch norm, ReLU.
class ConvBnReluImpl : public torch::nn::Module {
 public:
  ConvBnReluImpl(int64_t in, int64_t out);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d bn{nullptr};
};
TORCH_MODULE(ConvBnRelu);

class MdlCnnImpl : public torch::nn::Module {
 public:
  // He initialization (fan in, ReLU), the heads near zero, lesions rare at first, the base's residual branches silent
  // (docs/lesion-experiments.md: it learns faster); torch::manual_seed makes it repeatable.
  explicit MdlCnnImpl(MdlCnnConfig config);

  // region (N, channels * contexts, H, W), 0 to 1, order (channel, context), as RegionInput::batch gives it; H and W
  // are multiples of config.stride().
  MdlOutput forward(const at::Tensor& region);

  // The same with the classes of some regions alone, by their indices; undefined where there is none. The class channel
  // is the larger one, and learns only from regions with lesions of a known type.
  MdlOutput forward(const at::Tensor& region, const at::Tensor& classified);

  const MdlCnnConfig& config() const { return config_; }
  const ResNet101& base_network() const { return base; }

  // Parameters and buffers by name, sharing storage with the module.
  StateDict state_dict() const;
  // Copies values by name; throws WRONG_MODEL naming `file` and the tensor for a missing, surplus or misshapen one.
  void load_state_dict(const StateDict& state, const std::string& file = {});

 private:
  std::vector<at::Tensor> base_features(const at::Tensor& region);
  at::Tensor location_features(const at::Tensor& region, const at::Tensor& cells);
  at::Tensor class_logits(at::Tensor cells, const at::Tensor& location);

  MdlCnnConfig config_;
  ResNet101 base{nullptr};
  std::vector<torch::nn::Conv2d> merge_;
  std::vector<ConvBnRelu> location_;
  std::vector<ConvBnRelu> class_;
  torch::nn::Conv2d location_head{nullptr}, class_head{nullptr};
};
TORCH_MODULE(MdlCnn);

}  // namespace hepatica
