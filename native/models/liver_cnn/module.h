// The liver network as a torch module: what training optimizes.
// State-dict names: conv1.weight, bn1.{weight,bias,running_mean,running_var,num_batches_tracked}, ...,
// head.{weight,bias}.
#pragma once

#include <torch/nn/pimpl.h>

#include <string>

#include "models/layers/trained_layers.h"
#include "models/liver_cnn/config.h"

namespace hepatica {

class LiverCnnImpl : public TrainedLayers {
 public:
  // He initialization (fan in, ReLU), the head near zero; torch::manual_seed makes it repeatable.
  explicit LiverCnnImpl(LiverCnnConfig config);

  // image (N, context, H, W), 0 to 1; coordinates (N, coordinates, H/s, W/s). H and W are multiples of s =
  // subsampling. Returns logits (N, 2, H, W), float32: background, structure.
  at::Tensor forward(const at::Tensor& image, const at::Tensor& coordinates);

  // The same on channels already put together at the sub-sampled size (see network_input.h): (N, input_channels, H/s,
  // W/s).
  at::Tensor forward_channels(const at::Tensor& channels);

  const LiverCnnConfig& config() const { return config_; }

  // Copies values by name; throws WRONG_MODEL naming `file` and the tensor for a missing, surplus or misshapen one.
  void load_state_dict(const StateDict& state, const std::string& file = {});

 private:
  LiverCnnConfig config_;
};
TORCH_MODULE(LiverCnn);

}  // namespace hepatica
