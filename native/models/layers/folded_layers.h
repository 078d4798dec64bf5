// A network's layers through ATen's own operators, batch norm folded, on any device that libtorch has.
#pragma once

#include <map>
#include <string>

#include "models/layers/folded_weights.h"
#include "models/layers/layers.h"

namespace hepatica {

class FoldedLayers : public Layers {
 public:
  // `state` passed check_weights. `dtype` is that of the convolutions: float, half or bfloat16.
  FoldedLayers(const RecordedLayers& layers, const StateDict& state, at::Device device, at::ScalarType dtype);

  const FoldedConv& weights(const std::string& layer) const { return weights_.at(layer); }

  at::Tensor input(const at::Tensor& x) override;
  at::Tensor conv(const Conv& layer, const at::Tensor& x) override;
  at::Tensor conv_add(const Conv& layer, const at::Tensor& x, const at::Tensor& residual) override;

 private:
  at::Tensor convolve(const Conv& layer, const at::Tensor& x) const;

  at::Device device_;
  at::ScalarType dtype_;
  std::map<std::string, FoldedConv> weights_;
};

}  // namespace hepatica
