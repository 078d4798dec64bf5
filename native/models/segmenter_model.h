// A trained segmenter: the liver network's weights, and what is needed to run them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/layers/inference_cache.h"
#include "models/liver_cnn/config.h"
#include "models/liver_cnn/inference.h"
#include "models/structure_model.h"

namespace hepatica {

class SegmenterModel : public StructureModel {
 public:
  static constexpr const char* kKind = "liver_cnn";

  // `metadata` is kept and written as it is, but for what NetworkModel sets. Throws WRONG_MODEL for a state dict that
  // does not fit the configuration.
  SegmenterModel(const LiverCnnConfig& config, const PreprocessOptions& preprocessing, const std::string& structure,
                 StateDict state, Metadata metadata = {}, std::string path = {});

  // Throws as SafetensorsFile does, and WRONG_MODEL for other weights, naming the file and the field or tensor.
  static std::shared_ptr<const SegmenterModel> load(const InputFile& input);

  const LiverCnnConfig& config() const { return config_; }
  std::vector<double> context_mm() const override { return config_.context_mm; }

  // Made at the first use and kept; thread-safe. Weights are packed, or copied to the device, here: call it on the
  // inference thread.
  const LiverCnnInference& inference(const at::Device& device, Precision precision) const;

 private:
  LiverCnnConfig config_;
  mutable InferenceCache<LiverCnnInference> inferences_;
};

}  // namespace hepatica
