// A trained network's weights, and what is needed to run them. Immutable and shared by jobs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "models/state_dict.h"
#include "models/weights/safetensors.h"
#include "ops/preprocess.h"

namespace hepatica {

class NetworkModel {
 public:
  virtual ~NetworkModel() = default;
  NetworkModel(const NetworkModel&) = delete;
  NetworkModel& operator=(const NetworkModel&) = delete;

  // With `half_weights` the kernels as bf16, half the bytes; vectors (biases, batch norm), which are few and scale
  // whole channels, stay as they are.
  void save(const std::string& path, bool half_weights = false) const;
  // The same file in memory.
  FileBytes saved_bytes(bool half_weights = false) const;

  // Of the file's metadata.
  const std::string& kind() const { return metadata_.at("kind"); }
  const std::string& structure() const { return metadata_.at("structure"); }
  const std::string& architecture() const { return metadata_.at("architecture"); }
  const PreprocessOptions& preprocessing() const { return preprocessing_; }
  const Metadata& metadata() const { return metadata_; }
  const StateDict& state() const { return state_; }
  // Empty for a model that was not loaded from a file.
  const std::string& path() const { return path_; }
  // Trained values: running statistics are not counted.
  int64_t parameter_count() const;

 private:
  StateDict saved_state(bool half_weights) const;

 protected:
  // `metadata` is kept but for "kind", "structure", "architecture" (JSON) and "preprocessing" (JSON).
  NetworkModel(const std::string& kind, const std::string& structure, const std::string& architecture,
               const PreprocessOptions& preprocessing, StateDict state, Metadata metadata, std::string path);

  PreprocessOptions preprocessing_;
  StateDict state_;
  Metadata metadata_;
  std::string path_;
};

// What a file's metadata must hold; throw WRONG_MODEL.
const std::string& required_metadata(const Metadata& metadata, const std::string& key, const std::string& file);
void check_kind(const Metadata& metadata, const std::string& kind, const std::string& file);
PreprocessOptions read_preprocessing(const Metadata& metadata, const std::string& file);

}  // namespace hepatica
