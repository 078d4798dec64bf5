// Published ImageNet weights as the base of a network.
#pragma once

#include <string>
#include <vector>

#include "core/input_file.h"
#include "models/resnet101/network.h"
#include "models/state_dict.h"

namespace hepatica {

struct BaseWeights {
  // Exactly the names of resnet101_layers(stages, classifier), but for counters that the file leaves out; finite.
  StateDict state;
  // Of ResNet101's tensors, those that the file lacks though the network does without them, in order.
  std::vector<std::string> missing;
  // Of ResNet101's tensors in the file, those that the truncated network has no use for (deeper stages, fc), in order.
  std::vector<std::string> left_out;
};

// torchvision's or timm's published file (their names are equal), or one of the same names; see read_state_dict for its
// forms. Throws as that does, and WRONG_MODEL listing missing, surplus and misshapen tensors: of another ResNet the
// first stages would fit, and be the wrong ones.
BaseWeights load_base(const InputFile& input, int64_t stages = ResNet101::kStages, bool classifier = false);

// Of a base's tensors those that its first stages have.
StateDict first_stages(const StateDict& base, int64_t stages);

}  // namespace hepatica
