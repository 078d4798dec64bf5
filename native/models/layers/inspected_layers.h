// Layers that keep what they answer: the paper's figure 8.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/layers/layers.h"

namespace hepatica {

class InspectedLayers : public Layers {
 public:
  // By the first part of the layer's name, behind `container`: of "location1.conv" it is "location1", of
  // "base.layer2.3.conv3" with the container "base." "layer2". In the order of the forward pass.
  using Answers = std::vector<std::pair<std::string, at::Tensor>>;

  // Keeps a reference.
  explicit InspectedLayers(Layers& layers, std::string container = {})
      : layers_(layers), container_(std::move(container)) {}

  at::Tensor input(const at::Tensor& x) override { return layers_.input(x); }
  at::Tensor conv(const Conv& layer, const at::Tensor& x) override;
  at::Tensor conv_add(const Conv& layer, const at::Tensor& x, const at::Tensor& residual) override;
  at::Tensor max_pool(const at::Tensor& x, at::IntArrayRef window, at::IntArrayRef stride) override;

  // Of layers with an activation: of several that share a name, such as a stage's, the last; after the pool behind it
  // where that keeps the size.
  const Answers& answers() const { return answers_; }

 private:
  at::Tensor keep(const Conv& layer, const at::Tensor& answer);

  Layers& layers_;
  std::string container_;
  Answers answers_;
};

}  // namespace hepatica
