// The lesion network's weights as inference uses them, batch norm folded into the convolutions.
#pragma once

#include <string>
#include <vector>

#include "models/folded_conv.h"
#include "models/mdl_cnn/config.h"

namespace hepatica {

struct FoldedBottleneck {
  FoldedConv narrow;
  FoldedConv middle;
  FoldedConv widen;
  FoldedConv project;  // of undefined tensors where the identity is added
  int64_t stride = 1;
};

struct MdlFoldedWeights {
  FoldedConv stem;
  std::vector<std::vector<FoldedBottleneck>> stages;
  std::vector<FoldedConv> merge;
  std::vector<FoldedConv> location;
  FoldedConv location_head;  // of the difference of its two classes
  std::vector<FoldedConv> classes;
  FoldedConv class_head;
};

// Throws WRONG_MODEL naming `file` and the tensor that is missing, misshapen or not finite.
MdlFoldedWeights fold_mdl_weights(const MdlCnnConfig& config, const StateDict& state, const std::string& file = {});

}  // namespace hepatica
