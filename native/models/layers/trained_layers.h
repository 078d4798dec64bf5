// A network's layers as torch modules: what training optimizes. Each weight is registered under its state-dict name.
#pragma once

#include <torch/nn/init.h>
#include <torch/nn/module.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "models/layers/layers.h"
#include "models/layers/process_sum.h"
#include "models/layers/recorded_layers.h"
#include "models/state_dict.h"

namespace hepatica {

struct ConvWeights : torch::nn::Module {
  explicit ConvWeights(const Conv& layer);
  at::Tensor weight;
  at::Tensor bias;  // undefined where it has none
};

struct NormWeights : torch::nn::Module {
  explicit NormWeights(int64_t channels);
  at::Tensor weight, bias, running_mean, running_var, num_batches_tracked;
};

class TrainedLayers : public torch::nn::Module, public Layers {
 public:
  // Weights are zero, batch norm is the identity: a network draws its own first weights.
  explicit TrainedLayers(const RecordedLayers& layers);

  at::Tensor input(const at::Tensor& x) override;
  at::Tensor conv(const Conv& layer, const at::Tensor& x) override;
  at::Tensor conv_add(const Conv& layer, const at::Tensor& x, const at::Tensor& residual) override;

  // From here on, batch norm in training has the statistics of all processes' items; each keeps its own TrainedLayers.
  void synchronize(ProcessSum sum) { sum_ = std::move(sum); }

  bool contains(const std::string& layer) const { return layers_.contains(layer); }
  ConvWeights& weights(const std::string& layer);

  // First weights of one layer; torch::manual_seed makes them repeatable. torch's own for a convolution:
  void draw_default(const std::string& layer);
  // He's for one with ReLU.
  void draw_he(const std::string& layer, torch::nn::init::FanModeType fan);
  // A head that says nothing at first.
  void draw_head(const std::string& layer);

  // Parameters and buffers by name, sharing storage with the module.
  StateDict state_dict() const;

 private:
  struct Layer {
    std::shared_ptr<ConvWeights> conv;
    std::shared_ptr<NormWeights> norm;  // null: none
  };

  void place(const std::string& name, const std::shared_ptr<torch::nn::Module>& weights);
  at::Tensor normalized(const Conv& layer, const at::Tensor& x);

  std::map<std::string, Layer> layers_;
  ProcessSum sum_;  // empty: alone
};

}  // namespace hepatica
