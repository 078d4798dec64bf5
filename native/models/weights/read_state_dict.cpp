#include "models/weights/read_state_dict.h"

#include <algorithm>
#include <fstream>
#include <string_view>

#include "core/error.h"
#include "models/weights/safetensors.h"
#include "models/weights/torch_archive.h"

namespace hepatica {
namespace {

constexpr std::string_view kArchive = "PK\x03\x04";
// A pickle of protocol 2 that starts with LONG1: torch.save's magic number before 1.6.
constexpr std::string_view kOldTorch = "\x80\x02\x8a";

std::string first_bytes(const InputFile& input) {
  std::string bytes(4, '\0');
  if (input.memory) {
    const auto& all = input.memory->bytes;
    return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), all.size()))};
  }
  std::ifstream file(input.name, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

StateDict read_either(const InputFile& input) {
  const std::string& path = input.name;
  const std::string start = first_bytes(input);
  if (start == kArchive) return read_torch_archive(input);
  if (start.starts_with(kOldTorch)) {
    throw Error("OLD_TORCH_FORMAT", path + " has the format that torch.save wrote before 1.6", path, {},
                "Save it again in Python: torch.save(torch.load(path, weights_only=True), path)");
  }
  return SafetensorsFile(input).tensors();
}

}  // namespace

bool is_torch_file(const InputFile& input) {
  const std::string start = first_bytes(input);
  return start == kArchive || start.starts_with(kOldTorch);
}

StateDict read_state_dict(const InputFile& input) {
  constexpr std::string_view kParallel = "module.";
  StateDict state = read_either(input);
  const auto prefixed = [&](const auto& item) { return item.first.starts_with(kParallel); };
  if (state.empty() || !std::all_of(state.begin(), state.end(), prefixed)) return state;
  StateDict bare;
  for (const auto& [name, tensor] : state) bare[name.substr(kParallel.size())] = tensor;
  return bare;
}

}  // namespace hepatica
