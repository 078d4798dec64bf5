// A trained segmenter: the liver network's weights, and what is needed to run them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "models/liver_cnn/config.h"
#include "models/liver_cnn/device_inference.h"
#include "models/liver_cnn/inference.h"
#include "models/weights/safetensors.h"
#include "ops/preprocess.h"

namespace hepatica {

// Immutable and shared by jobs. In its file's metadata: "kind" = "liver_cnn", "structure", "architecture" and
// "preprocessing" (JSON), beside whatever training wrote.
class SegmenterModel {
 public:
  static constexpr const char* kKind = "liver_cnn";

  // `metadata` is kept and written as it is, but for the keys above. Throws WRONG_MODEL for a state dict that does not
  // fit the configuration.
  SegmenterModel(const LiverCnnConfig& config, const PreprocessOptions& preprocessing, const std::string& structure,
                 StateDict state, Metadata metadata = {});

  // Throws as SafetensorsFile does, and WRONG_MODEL for other weights, naming the file and the field or tensor.
  static std::shared_ptr<const SegmenterModel> load(const std::string& path);
  void save(const std::string& path) const;

  const LiverCnnConfig& config() const { return config_; }
  const PreprocessOptions& preprocessing() const { return preprocessing_; }
  const std::string& structure() const { return structure_; }
  const Metadata& metadata() const { return metadata_; }
  const StateDict& state() const { return state_; }
  // Empty for a model that was not loaded from a file.
  const std::string& path() const { return path_; }
  // Trained values: running statistics are not counted.
  int64_t parameter_count() const;

  // Made at the first use and kept; thread-safe. Weights are packed here: call it on the inference thread.
  const LiverCnnInference& inference(Precision precision) const;
  const LiverCnnDeviceInference& cuda_inference(int device_index, Precision precision) const;

 private:
  LiverCnnConfig config_;
  PreprocessOptions preprocessing_;
  std::string structure_;
  StateDict state_;
  Metadata metadata_;
  std::string path_;
  mutable std::mutex mutex_;
  mutable std::map<Precision, LiverCnnInference> inferences_;
  mutable std::map<std::pair<int, Precision>, LiverCnnDeviceInference> cuda_inferences_;
};

}  // namespace hepatica
