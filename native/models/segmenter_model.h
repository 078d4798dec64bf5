// A trained segmenter: the liver network's weights, and what is needed to run them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "models/liver_cnn/config.h"
#include "models/liver_cnn/device_inference.h"
#include "models/liver_cnn/inference.h"
#include "models/structure_model.h"
#include "runtime/device.h"

namespace hepatica {

class SegmenterModel : public StructureModel {
 public:
  static constexpr const char* kKind = "liver_cnn";

  // `metadata` is kept and written as it is, but for what NetworkModel sets. Throws WRONG_MODEL for a state dict that
  // does not fit the configuration.
  SegmenterModel(const LiverCnnConfig& config, const PreprocessOptions& preprocessing, const std::string& structure,
                 StateDict state, Metadata metadata = {}, std::string path = {});

  // Throws as SafetensorsFile does, and WRONG_MODEL for other weights, naming the file and the field or tensor.
  static std::shared_ptr<const SegmenterModel> load(const std::string& path);

  const LiverCnnConfig& config() const { return config_; }
  std::vector<double> context_mm() const override { return config_.context_mm; }

  // Made at the first use and kept; thread-safe. Weights are packed here: call it on the inference thread.
  const LiverCnnInference& inference(Precision precision) const;
  const LiverCnnDeviceInference& device_inference(const ComputeDevice& device, Precision precision) const;

 private:
  LiverCnnConfig config_;
  mutable std::mutex mutex_;
  mutable std::map<Precision, LiverCnnInference> inferences_;
  mutable std::map<std::pair<int, Precision>, LiverCnnDeviceInference> device_inferences_;
};

}  // namespace hepatica
