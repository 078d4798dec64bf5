// The liver network as a torch module: what training optimizes, and the plain reference of the fast inference.
// State-dict names: conv1.weight, bn1.{weight,bias,running_mean,running_var,num_batches_tracked}, ...,
// head.{weight,bias}.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include "models/liver_cnn/config.h"
#include "models/state_dict.h"

namespace hepatica {

class LiverCnnImpl : public torch::nn::Module {
 public:
  // He initialization (fan in, ReLU), the head near zero; torch::manual_seed makes it repeatable.
  explicit LiverCnnImpl(LiverCnnConfig config);

  // image (N, context, H, W), 0 to 1; coordinates (N, coordinates, H/s, W/s). H and W are multiples of s =
  // subsampling. Returns logits (N, 2, H, W), float32: background, structure.
  at::Tensor forward(const at::Tensor& image, const at::Tensor& coordinates);

  // The same on channels already put together at the sub-sampled size (see network_input.h): (N, input_channels, H/s,
  // W/s), channels-last.
  at::Tensor forward_channels(const at::Tensor& channels);

  const LiverCnnConfig& config() const { return config_; }

  // Parameters and buffers by name, sharing storage with the module.
  StateDict state_dict() const;
  // Copies values by name; throws WRONG_MODEL naming `file` and the tensor for a missing, surplus or misshapen one.
  void load_state_dict(const StateDict& state, const std::string& file = {});

 private:
  LiverCnnConfig config_;
  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr}, conv3{nullptr}, head{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr}, bn2{nullptr}, bn3{nullptr};
};
TORCH_MODULE(LiverCnn);

}  // namespace hepatica
