#include "models/layers/trained_layers.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <utility>

#include "models/layers/synchronized_norm.h"

namespace hepatica {
namespace {

// torch::nn::BatchNorm's defaults.
constexpr double kMomentum = 0.1;
constexpr double kEpsilon = 1e-5;
constexpr double kHeadDeviation = 0.01;

at::Tensor convolved(const Conv& layer, const ConvWeights& weights, const at::Tensor& x) {
  const std::vector<int64_t> stride = layer.strides();
  const std::vector<int64_t> padding = layer.padding();
  const std::vector<int64_t> dilation = layer.dilations();
  const at::IntArrayRef sizes[] = {stride, padding, dilation};
  switch (layer.kernel.size()) {
    case 0:
      return at::linear(x, weights.weight, weights.bias);
    case 2:
      return at::conv2d(x, weights.weight, weights.bias, sizes[0], sizes[1], sizes[2]);
    default:
      return at::conv3d(x, weights.weight, weights.bias, sizes[0], sizes[1], sizes[2]);
  }
}

}  // namespace

ConvWeights::ConvWeights(const Conv& layer) {
  weight = register_parameter("weight", at::zeros(layer.weight_shape()));
  bias = register_parameter("bias", layer.has_bias() ? at::zeros(layer.out) : at::Tensor(), layer.has_bias());
}

NormWeights::NormWeights(int64_t channels) {
  weight = register_parameter("weight", at::ones(channels));
  bias = register_parameter("bias", at::zeros(channels));
  running_mean = register_buffer("running_mean", at::zeros(channels));
  running_var = register_buffer("running_var", at::ones(channels));
  num_batches_tracked = register_buffer("num_batches_tracked", at::zeros({}, at::kLong));
}

TrainedLayers::TrainedLayers(const RecordedLayers& layers) {
  for (const RecordedConv& recorded : layers) {
    const Conv& conv = recorded.layer;
    Layer layer{std::make_shared<ConvWeights>(conv), nullptr};
    place(conv.name, layer.conv);
    if (conv.has_norm()) {
      layer.norm = std::make_shared<NormWeights>(conv.out);
      place(conv.norm, layer.norm);
    }
    layers_.emplace(conv.name, std::move(layer));
  }
}

// "base.layer1.0.conv1" lies in module "0" of "layer1" of "base".
void TrainedLayers::place(const std::string& name, const std::shared_ptr<torch::nn::Module>& weights) {
  torch::nn::Module* parent = this;
  size_t begin = 0;
  for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', begin)) {
    const std::string part = name.substr(begin, dot - begin);
    const auto children = parent->named_children();
    const std::shared_ptr<torch::nn::Module>* child = children.find(part);
    parent = (child ? *child : parent->register_module(part, std::make_shared<torch::nn::Module>())).get();
    begin = dot + 1;
  }
  parent->register_module(name.substr(begin), weights);
}

at::Tensor TrainedLayers::input(const at::Tensor& x) {
  return x.to(layers_.begin()->second.conv->weight.scalar_type()).contiguous(channels_last_of(x));
}

at::Tensor TrainedLayers::normalized(const Conv& layer, const at::Tensor& x) {
  const Layer& own = layers_.at(layer.name);
  const at::Tensor y = convolved(layer, *own.conv, x);
  if (!own.norm) return y;
  NormWeights& norm = *own.norm;
  if (norm.is_training()) norm.num_batches_tracked += 1;
  if (norm.is_training() && sum_) {
    const NormStatistics statistics{norm.running_mean, norm.running_var, kMomentum, kEpsilon};
    return synchronized_batch_norm(y, norm.weight, norm.bias, statistics, sum_);
  }
  return at::batch_norm(y, norm.weight, norm.bias, norm.running_mean, norm.running_var, norm.is_training(), kMomentum,
                        kEpsilon, at::globalContext().userEnabledCuDNN());
}

at::Tensor TrainedLayers::conv(const Conv& layer, const at::Tensor& x) {
  const at::Tensor y = normalized(layer, x);
  return layer.activation == Activation::kRelu ? at::relu(y) : y;
}

at::Tensor TrainedLayers::conv_add(const Conv& layer, const at::Tensor& x, const at::Tensor& residual) {
  const at::Tensor sum = normalized(layer, x) + residual;
  return layer.activation == Activation::kRelu ? at::relu(sum) : sum;
}

ConvWeights& TrainedLayers::weights(const std::string& layer) { return *layers_.at(layer).conv; }

void TrainedLayers::draw_default(const std::string& layer) {
  ConvWeights& conv = weights(layer);
  torch::nn::init::kaiming_uniform_(conv.weight, std::sqrt(5));
  if (!conv.bias.defined()) return;
  const double bound = 1 / std::sqrt(static_cast<double>(conv.weight[0].numel()));
  torch::nn::init::uniform_(conv.bias, -bound, bound);
}

void TrainedLayers::draw_he(const std::string& layer, torch::nn::init::FanModeType fan) {
  torch::nn::init::kaiming_normal_(weights(layer).weight, 0, fan, torch::kReLU);
}

void TrainedLayers::draw_head(const std::string& layer) {
  torch::nn::init::normal_(weights(layer).weight, 0, kHeadDeviation);
  torch::nn::init::zeros_(weights(layer).bias);
}

StateDict TrainedLayers::state_dict() const { return state_of(*this); }

}  // namespace hepatica
