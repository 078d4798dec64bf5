#include "training/loop/nccl_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace hepatica {
namespace {

constexpr const char* kLibraryName = "libhepatica_nccl.so";

std::filesystem::path library_path() {
  if (const char* const named = std::getenv("HEPATICA_NCCL_LIBRARY")) return named;
  Dl_info info;
  if (!dladdr(reinterpret_cast<const void*>(&library_path), &info) || !info.dli_fname) return kLibraryName;
  return std::filesystem::absolute(info.dli_fname).parent_path() / kLibraryName;
}

const NcclApi* open_nccl() {
  void* const library = dlopen(library_path().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return nullptr;
  const auto entry = reinterpret_cast<NcclEntryPoint>(dlsym(library, HEPATICA_NCCL_ENTRY_POINT));
  const NcclApi* const api = entry ? entry() : nullptr;
  return api && !api->refusal() ? api : nullptr;
}

}  // namespace

const NcclApi* find_nccl() {
  static const NcclApi* const api = open_nccl();
  return api;
}

bool all_apart(std::vector<std::string> device_names) {
  std::sort(device_names.begin(), device_names.end());
  const bool all_there = !device_names.empty() && !device_names.front().empty();
  return all_there && std::adjacent_find(device_names.begin(), device_names.end()) == device_names.end();
}

}  // namespace hepatica
