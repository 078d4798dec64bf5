#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "core/pending_file.h"
#include "models/weights/dtypes.h"
#include "models/weights/safetensors.h"

namespace hepatica {
namespace {

using OrderedJson = nlohmann::ordered_json;

using NamedTensor = std::pair<std::string, at::Tensor>;

const char* dtype_name(const std::string& tensor, at::ScalarType type) {
  for (const auto& [name, known] : kSafetensorsDtypes) {
    if (known == type) return name;
  }
  throw Error("INVALID_ARGUMENT", "Tensor " + tensor + " has a type that safetensors files do not know", {}, tensor);
}

std::vector<NamedTensor> in_file_order(const StateDict& tensors) {
  std::vector<NamedTensor> ordered;
  for (const auto& [name, tensor] : tensors) ordered.emplace_back(name, tensor.detach().cpu().contiguous());
  std::stable_sort(ordered.begin(), ordered.end(), [](const NamedTensor& a, const NamedTensor& b) {
    return a.second.element_size() > b.second.element_size();
  });
  return ordered;
}

std::string header_text(const std::vector<NamedTensor>& tensors, const Metadata& metadata) {
  OrderedJson header = OrderedJson::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  size_t begin = 0;
  for (const auto& [name, tensor] : tensors) {
    const size_t end = begin + tensor.nbytes();
    header[name] = {{"dtype", dtype_name(name, tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = header.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

template <class Write>
void encode(const StateDict& tensors, const Metadata& metadata, Write&& write) {
  const std::vector<NamedTensor> ordered = in_file_order(tensors);
  const std::string header = header_text(ordered, metadata);
  std::array<unsigned char, 8> length{};
  for (size_t i = 0; i < length.size(); ++i) length[i] = static_cast<unsigned char>(header.size() >> (8 * i));
  write(length.data(), length.size());
  write(header.data(), header.size());
  for (const auto& [name, tensor] : ordered) write(tensor.const_data_ptr(), tensor.nbytes());
}

}  // namespace

void write_safetensors(const std::string& path, const StateDict& tensors, const Metadata& metadata) {
  PendingFile file(path);
  encode(tensors, metadata, [&](const void* data, size_t bytes) { file.write(data, bytes); });
  file.finish();
}

FileBytes safetensors_bytes(const StateDict& tensors, const Metadata& metadata) {
  FileBytes file;
  encode(tensors, metadata, [&](const void* data, size_t bytes) {
    const auto* first = static_cast<const uint8_t*>(data);
    file.bytes.insert(file.bytes.end(), first, first + bytes);
  });
  file.size = file.bytes.size();
  return file;
}

}  // namespace hepatica
