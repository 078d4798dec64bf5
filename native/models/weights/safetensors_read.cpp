#include <ATen/ops/empty.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/output_marks.h"
#include "models/weights/dtypes.h"
#include "models/weights/safetensors.h"
#include "platform/memory_pages.h"

namespace hepatica {
namespace {

using Json = nlohmann::json;

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 16U << 20U;
// Header object, tensor object, shape or offsets: what is nested deeper is no safetensors header.
constexpr int kMaxDepth = 3;

}  // namespace

// Turns the header's JSON into entries, and compares them with the file.
class SafetensorsFile::HeaderReader {
 public:
  explicit HeaderReader(SafetensorsFile& file) : file_(file) {}

  void read() {
    const Json header = parse(header_text());
    if (!header.is_object()) not_safetensors("its header is not a JSON object");
    for (const auto& [name, value] : header.items()) {
      if (name == "__metadata__") {
        read_metadata(value);
      } else {
        file_.entries_[name] = read_entry(name, value);
      }
    }
    check_coverage();
  }

 private:
  [[noreturn]] void not_safetensors(const std::string& why) const {
    throw Error("NOT_SAFETENSORS", file_.path_ + " is not a safetensors file: " + why, file_.path_, {},
                "Pass a .safetensors file of weights");
  }

  [[noreturn]] void corrupt(const std::string& tensor, const std::string& why) const {
    throw Error("CORRUPT_WEIGHTS", file_.path_ + ": tensor " + tensor + " " + why, file_.path_, tensor,
                "Copy or download the weights again");
  }

  std::string header_text() {
    if (file_.file_bytes_ < kLengthBytes) not_safetensors("it has fewer than 8 bytes");
    uint64_t length = 0;
    for (size_t i = kLengthBytes; i-- > 0;) length = length << 8U | std::to_integer<uint64_t>(file_.mapped_.get()[i]);
    if (length > kMaxHeaderBytes) not_safetensors("its header would have " + std::to_string(length) + " bytes");
    if (length > file_.file_bytes_ - kLengthBytes) not_safetensors("its header is longer than the file");
    file_.data_begin_ = kLengthBytes + length;
    return {reinterpret_cast<const char*>(file_.mapped_.get()) + kLengthBytes, length};
  }

  Json parse(const std::string& text) const {
    if (!text.starts_with('{')) not_safetensors("its header is not a JSON object");
    // Names seen in each open object: JSON libraries let the last of two equal names win.
    std::vector<std::set<std::string>> open_objects;
    const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
      if (event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start) {
        if (depth >= kMaxDepth) not_safetensors("its header is nested too deeply");
        if (event == Json::parse_event_t::object_start) open_objects.emplace_back();
      }
      if (event == Json::parse_event_t::object_end) open_objects.pop_back();
      if (event == Json::parse_event_t::key && !open_objects.back().insert(parsed.get<std::string>()).second) {
        corrupt(parsed.get<std::string>(), "is named twice in the header");
      }
      return true;
    };
    Json header = Json::parse(text, check, false);
    if (header.is_discarded()) not_safetensors("its header is not valid JSON");
    return header;
  }

  void read_metadata(const Json& value) {
    if (!value.is_object()) not_safetensors("its metadata is not a JSON object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) not_safetensors("its metadata " + key + " is not a string");
      file_.metadata_[key] = text.get<std::string>();
    }
  }

  Entry read_entry(const std::string& name, const Json& value) const {
    if (!value.is_object() || value.size() != 3) corrupt(name, "is not described by dtype, shape and data_offsets");
    Entry entry;
    entry.dtype = read_dtype(name, value);
    for (const uint64_t size : read_integers(name, value, "shape")) entry.shape.push_back(static_cast<int64_t>(size));
    const std::vector<uint64_t> offsets = read_integers(name, value, "data_offsets");
    if (offsets.size() != 2) corrupt(name, "has no begin and end");
    const size_t data_bytes = file_.file_bytes_ - file_.data_begin_;
    if (offsets[0] > offsets[1] || offsets[1] > data_bytes) corrupt(name, "lies outside the file");
    entry.begin = offsets[0];
    entry.end = offsets[1];
    if (entry.end - entry.begin != bytes_of(name, entry)) corrupt(name, "has offsets that do not match its shape");
    return entry;
  }

  at::ScalarType read_dtype(const std::string& name, const Json& value) const {
    const auto dtype = value.find("dtype");
    if (dtype == value.end() || !dtype->is_string()) corrupt(name, "has no dtype");
    for (const auto& [known, type] : kSafetensorsDtypes) {
      if (*dtype == known) return type;
    }
    corrupt(name, "has the unknown dtype " + dtype->get<std::string>());
  }

  std::vector<uint64_t> read_integers(const std::string& name, const Json& value, const char* field) const {
    const auto list = value.find(field);
    if (list == value.end() || !list->is_array()) corrupt(name, std::string("has no ") + field);
    std::vector<uint64_t> integers;
    for (const Json& item : *list) {
      // Sizes above 2^40 cannot be those of weights, and every sum and cast below is safe under it.
      if (!item.is_number_unsigned() || item.get<uint64_t>() > uint64_t{1} << 40U) {
        corrupt(name, std::string("has an impossible value in ") + field);
      }
      integers.push_back(item.get<uint64_t>());
    }
    return integers;
  }

  size_t bytes_of(const std::string& name, const Entry& entry) const {
    size_t bytes = c10::elementSize(entry.dtype);
    for (const int64_t size : entry.shape) {
      if (__builtin_mul_overflow(bytes, static_cast<size_t>(size), &bytes)) corrupt(name, "has an impossible shape");
    }
    return bytes;
  }

  void check_coverage() const {
    std::vector<std::pair<std::pair<size_t, size_t>, std::string>> spans;
    for (const auto& [name, entry] : file_.entries_) spans.push_back({{entry.begin, entry.end}, name});
    std::sort(spans.begin(), spans.end());
    size_t covered = 0;
    for (const auto& [span, name] : spans) {
      if (span.first < covered) corrupt(name, "overlaps another tensor");
      if (span.first > covered) corrupt(name, "leaves a gap before it");
      covered = span.second;
    }
    if (covered != file_.file_bytes_ - file_.data_begin_) {
      throw Error("CORRUPT_WEIGHTS", file_.path_ + " has data after its last tensor", file_.path_, {},
                  "Copy or download the weights again");
    }
  }

  SafetensorsFile& file_;
};

SafetensorsFile::SafetensorsFile(const InputFile& input) : path_(input.name) {
  if (input.memory) {
    const auto& bytes = input.memory->bytes;
    mapped_ = {input.memory, reinterpret_cast<const std::byte*>(bytes.data())};
    file_bytes_ = bytes.size();
  } else {
    refuse_incomplete(path_);
    map_file();
  }
  HeaderReader(*this).read();
}

void SafetensorsFile::map_file() {
  const auto refuse = [&](int reason) {
    const bool missing = reason == ENOENT || reason == ENOTDIR;
    throw Error(missing ? "FILE_NOT_FOUND" : "UNREADABLE_FILE",
                "Cannot read " + path_ + ": " + std::generic_category().message(reason), path_, {},
                missing ? "Check the path of the weights" : "Check the permissions of the weights");
  };
  const int descriptor = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) refuse(errno);
  struct stat status {};
  const bool known = fstat(descriptor, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    close(descriptor);
    refuse(known ? EISDIR : EIO);
  }
  file_bytes_ = static_cast<size_t>(status.st_size);
  void* address = file_bytes_ == 0 ? nullptr : mmap(nullptr, file_bytes_, PROT_READ, MAP_PRIVATE, descriptor, 0);
  const int reason = errno;
  close(descriptor);
  if (address == MAP_FAILED) refuse(reason);
  mapped_ = {static_cast<const std::byte*>(address), [bytes = file_bytes_](const std::byte* mapped) {
               if (mapped) munmap(const_cast<std::byte*>(mapped), bytes);
             }};
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

const SafetensorsFile::Entry& SafetensorsFile::entry(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found != entries_.end()) return found->second;
  throw Error("WRONG_MODEL", path_ + " has no tensor " + name, path_, name, "Use weights of this network");
}

at::Tensor SafetensorsFile::tensor(const std::string& name) const {
  const Entry& found = entry(name);
  at::Tensor copy = at::empty(found.shape, found.dtype);
  if (found.end > found.begin) {
    std::memcpy(copy.mutable_data_ptr(), mapped_.get() + data_begin_ + found.begin, found.end - found.begin);
  }
  return copy;
}

SafetensorsFile::MappedBytes SafetensorsFile::mapped(const std::string& name) const {
  const Entry& found = entry(name);
  const auto* const first = reinterpret_cast<const uint8_t*>(mapped_.get()) + data_begin_ + found.begin;
  return {std::shared_ptr<const uint8_t>(mapped_, first), found.end - found.begin};
}

void SafetensorsFile::release_memory() const { release_mapped_file(mapped_.get(), file_bytes_); }

StateDict SafetensorsFile::tensors() const {
  StateDict all;
  for (const auto& [name, entry] : entries_) all[name] = tensor(name);
  return all;
}

}  // namespace hepatica
