// Published ImageNet weights as the base of a network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/input_file.h"
#include "models/resnet101/network.h"
#include "models/state_dict.h"

namespace hepatica {

struct BaseWeights {
  // That the state has, of those that the file has.
  int64_t stages = ResNet101::kStages;
  // Exactly the names of resnet101_layers(stages, classifier), but for counters that the file leaves out; finite.
  StateDict state;
  // Of ResNet101's tensors, those that the file lacks though the network does without them, in order.
  std::vector<std::string> missing;
  // Of ResNet101's tensors in the file, those that the truncated network has no use for (deeper stages, fc), in order.
  std::vector<std::string> left_out;
};

// torchvision's or timm's published file (their names are equal), or one of the same names; see read_state_dict for its
// forms. A safetensors file whose metadata says {"stages": N} ("architecture" of a BaseModel) ends with these.
// `stages`: as many are taken; none: all. Throws as read_state_dict does, and WRONG_MODEL listing missing, surplus and
// misshapen tensors (of another ResNet the first stages would fit, and be the wrong ones), and where the file has
// fewer.
BaseWeights load_base(const InputFile& input, std::optional<int64_t> stages = {}, bool classifier = false);

// Of the tensors of a base of `held` stages those that its first stages have; throws WRONG_MODEL, naming `path`, where
// it has fewer.
StateDict first_stages(const StateDict& base, int64_t held, int64_t stages, const std::string& path);

}  // namespace hepatica
