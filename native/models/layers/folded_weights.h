// A network's weights as inference uses them: checked against its layers, batch norm folded into the convolutions.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

#include "models/layers/recorded_layers.h"
#include "models/state_dict.h"

namespace hepatica {

struct FoldedConv {
  at::Tensor weight;  // Conv::weight_shape(), of a difference of classes half the outputs; float32
  at::Tensor bias;    // (outputs), float32
};

// Checks `state` against the layers: throws WRONG_MODEL naming `file` and the tensor that is missing, surplus,
// misshapen, not finite or a negative variance. Counters of batches may be missing: only training reads them. `network`
// says in the message whose weights they should be: "this liver network".
void check_weights(const RecordedLayers& layers, const StateDict& state, const std::string& network,
                   const std::string& file);

// Of checked weights, by the convolution's name.
std::map<std::string, FoldedConv> fold_weights(const RecordedLayers& layers, const StateDict& state);

}  // namespace hepatica
