// ResNet101's published ImageNet weights, or others of the same names, as a model of their own: what a lesion network's
// base starts from.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/network_model.h"
#include "models/resnet101/base_weights.h"

namespace hepatica {

class BaseModel : public NetworkModel {
 public:
  static constexpr const char* kKind = ResNet101::kKind;

  // Throws as load_base does.
  static std::shared_ptr<const BaseModel> load(const InputFile& input);

  BaseModel(BaseWeights weights, const Metadata& metadata, std::string path);

  // Those that its first stages have; throws as load_base does.
  StateDict first_stages(int64_t stages) const;

  // ResNet101's tensors that the file lacks and a base does without, and the file's that a base has no use for: of the
  // classifier, and counters.
  const std::vector<std::string>& missing() const { return missing_; }
  const std::vector<std::string>& surplus() const { return surplus_; }

 private:
  int64_t stages_;
  std::vector<std::string> missing_;
  std::vector<std::string> surplus_;
};

// Whether a file without hepatica's metadata may be meant as one: ResNets have this tensor.
bool looks_like_base(const std::vector<std::string>& names);

}  // namespace hepatica
