// Scans as training draws from them, on disk: prepared once, then mapped, so that a dataset need not fit in memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/run.h"
#include "models/weights/safetensors.h"

namespace hepatica {

class ScanCache {
 public:
  // Without a folder, nothing is found and kept.
  explicit ScanCache(std::string folder) : folder_(std::move(folder)) {}

  // `key` is all that a prepared scan depends on. Nothing where no whole file of that key is there.
  std::shared_ptr<const SafetensorsFile> find(const std::string& key) const;

  // Written as a whole or not at all; nothing without a folder. Throws OUTPUT_UNWRITABLE.
  std::shared_ptr<const SafetensorsFile> keep(const std::string& key, const StateDict& arrays, Metadata metadata) const;

  bool keeps() const { return !folder_.empty(); }

 private:
  std::string path_of(const std::string& key) const;

  std::string folder_;
};

// What reading a scan warned of, kept with it.
std::string warnings_json(const std::vector<Warning>& warnings);
void warn_again(const std::string& warnings, Run& run);

}  // namespace hepatica
