#include "training/data/scan_cache.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/error.h"
#include "core/sha1.h"

namespace hepatica {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::string ScanCache::path_of(const std::string& key) const {
  Sha1 hash;
  hash.update(key.data(), key.size());
  std::string name;
  for (const uint8_t byte : hash.finish()) {
    constexpr const char* kDigits = "0123456789abcdef";
    name += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return (fs::path(folder_) / (name + ".scan")).string();
}

std::shared_ptr<const SafetensorsFile> ScanCache::find(const std::string& key) const {
  std::error_code ignored;
  if (!keeps() || !fs::exists(path_of(key), ignored)) return nullptr;
  try {
    auto file = std::make_shared<const SafetensorsFile>(path_of(key));
    const auto named = file->metadata().find("key");
    return named != file->metadata().end() && named->second == key ? file : nullptr;
  } catch (const Error&) {
    // Damaged: it is made anew.
    return nullptr;
  }
}

std::shared_ptr<const SafetensorsFile> ScanCache::keep(const std::string& key, const StateDict& arrays,
                                                       Metadata metadata) const {
  if (!keeps()) return nullptr;
  std::error_code failure;
  fs::create_directories(folder_, failure);
  if (failure) {
    throw Error("OUTPUT_UNWRITABLE", "The folder for prepared scans cannot be made: " + failure.message(), folder_,
                "cache", "Name a folder that can be written");
  }
  metadata["key"] = key;
  write_safetensors(path_of(key), arrays, metadata);
  return std::make_shared<const SafetensorsFile>(path_of(key));
}

std::string warnings_json(const std::vector<Warning>& warnings) {
  auto list = nlohmann::json::array();
  for (const Warning& warning : warnings) list.push_back({warning.code, warning.message});
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void warn_again(const std::string& warnings, Run& run) {
  for (const auto& warning : nlohmann::json::parse(warnings)) {
    run.warn(warning.at(0).get<std::string>(), warning.at(1).get<std::string>());
  }
}

}  // namespace hepatica
