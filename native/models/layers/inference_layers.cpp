#include "models/layers/inference_layers.h"

#include <c10/core/InferenceMode.h>

#include "models/layers/folded_layers.h"
#include "models/layers/packed_layers.h"

namespace hepatica {

std::unique_ptr<Layers> inference_layers(const RecordedLayers& layers, const StateDict& state, const at::Device& device,
                                         Precision precision) {
  const c10::InferenceMode inference_mode;
  if (device.is_cpu()) return std::make_unique<PackedLayers>(layers, state, layer_type(precision));
  return std::make_unique<FoldedLayers>(layers, state, device, layer_type(precision));
}

at::ScalarType layer_type(Precision precision) { return precision == Precision::kBf16 ? at::kBFloat16 : at::kFloat; }

}  // namespace hepatica
