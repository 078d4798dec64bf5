// A network's layers on the CPU, fast: oneDNN's fused convolutions with weights packed ahead, channels-last. Runs on
// the calling thread and libtorch's threads under it.
#pragma once

#include <map>
#include <string>

#include "models/layers/layers.h"
#include "models/layers/packed_conv.h"

namespace hepatica {

class PackedLayers : public Layers {
 public:
  // `state` passed check_weights. `dtype` is float or bfloat16. Weights are packed here.
  PackedLayers(const RecordedLayers& layers, const StateDict& state, at::ScalarType dtype);

  at::Tensor input(const at::Tensor& x) override;
  at::Tensor conv(const Conv& layer, const at::Tensor& x) override;
  at::Tensor conv_add(const Conv& layer, const at::Tensor& x, const at::Tensor& residual) override;
  at::Tensor max_pool(const at::Tensor& x, at::IntArrayRef window, at::IntArrayRef stride) override;

 private:
  at::ScalarType dtype_;
  std::map<std::string, PackedConv> convs_;
};

}  // namespace hepatica
