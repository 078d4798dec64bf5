#include "training/data/scan_cache.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/pending_file.h"
#include "core/sha1.h"

namespace hepatica {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKey = "key";
constexpr const char* kWarnings = "warnings";
// Names in the folder.
constexpr const char* kEnding = ".scan";
constexpr const char* kVariant = "variant";

std::string text_of(const std::vector<Warning>& warnings) {
  auto list = nlohmann::json::array();
  for (const Warning& warning : warnings) list.push_back({warning.code, warning.message});
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

[[noreturn]] void refuse_warnings(const std::string& path) {
  throw Error("CORRUPT_FILE", path + " says nothing readable of what its scan warned of", path, "cache",
              "Delete it: it is made anew");
}

std::vector<Warning> warnings_of(const std::string& text, const std::string& path) {
  const auto list = nlohmann::json::parse(text, nullptr, false);
  if (!list.is_array()) refuse_warnings(path);
  std::vector<Warning> warnings;
  for (const auto& pair : list) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) refuse_warnings(path);
    warnings.push_back({pair[0].get<std::string>(), pair[1].get<std::string>()});
  }
  return warnings;
}

}  // namespace

ScanCache::ScanCache(std::string folder) : folder_(std::move(folder)) {
  if (folder_.empty()) return;
  constexpr int64_t kDayS = 24 * 3600;
  remove_abandoned(
      folder_, [](std::string_view file) { return file == kVariant || file.ends_with(kEnding); }, kDayS);
}

std::string ScanCache::path_of(const std::string& key) const {
  return (fs::path(folder_) / (sha1_hex(key.data(), key.size()) + kEnding)).string();
}

void ScanCache::make_folder() const {
  std::error_code failure;
  fs::create_directories(folder_, failure);
  if (!failure) return;
  throw Error("OUTPUT_UNWRITABLE", "The folder for prepared scans cannot be made: " + failure.message(), folder_,
              "cache", "Name a folder that can be written");
}

ScanCache::File ScanCache::open(const std::string& path) {
  File file;
  file.path = path;
  file.tensors = std::make_shared<const SafetensorsFile>(path);
  return file;
}

ScanCache::File ScanCache::find_file(const std::string& key) const {
  std::error_code ignored;
  const std::string path = path_of(key);
  if (!fs::exists(path, ignored)) return {};
  try {
    File file = open(path);
    const Metadata& metadata = file.tensors->metadata();
    const auto named = metadata.find(kKey);
    if (named == metadata.end() || named->second != key) return {};
    const auto warnings = metadata.find(kWarnings);
    file.warnings = warnings_of(warnings == metadata.end() ? "" : warnings->second, path);
    return file;
  } catch (const Error&) {
    // Damaged: it is made anew.
    return {};
  }
}

void ScanCache::write_file(const std::string& key, const PartsWriter& parts,
                           const std::vector<Warning>& warnings) const {
  make_folder();
  Metadata metadata = parts.metadata();
  metadata[kKey] = key;
  metadata[kWarnings] = text_of(warnings);
  write_safetensors(path_of(key), parts.tensors(), metadata);
}

ScanCache::File ScanCache::write_nameless(const PartsWriter& parts) const {
  make_folder();
  PendingFile pending((fs::path(folder_) / kVariant).string());
  const FileBytes content = safetensors_bytes(parts.tensors(), parts.metadata());
  pending.write(content.bytes.data(), content.bytes.size());
  // Never finished: only the mapping keeps it.
  return open(pending.temporary());
}

}  // namespace hepatica
