// The network's weights as inference uses them: batch norm folded into the convolutions, and the head reduced to the
// difference of its two classes (a softmax over two logits is the sigmoid of their difference).
#pragma once

#include <array>
#include <string>

#include "models/folded_conv.h"
#include "models/liver_cnn/config.h"
#include "models/state_dict.h"

namespace hepatica {

struct FoldedWeights {
  std::array<FoldedConv, 3> layers;
  FoldedConv head;
};

// Throws WRONG_MODEL naming `file` and the tensor that is missing, misshapen or not finite.
FoldedWeights fold_weights(const LiverCnnConfig& config, const StateDict& state, const std::string& file = {});

}  // namespace hepatica
