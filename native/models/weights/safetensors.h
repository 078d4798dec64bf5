// Tensors in safetensors files: 8 bytes little-endian length N, N bytes of JSON, then the raw little-endian tensors.
// Format: https://github.com/huggingface/safetensors#format. The file is hostile until its header has been checked.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/input_file.h"
#include "models/state_dict.h"

namespace hepatica {

using Metadata = std::map<std::string, std::string>;

// Maps the file and checks its whole header: at most 16 MiB of it, known fields and dtypes, shapes whose product fits,
// offsets in range that cover the data without gap or overlap, no name twice. Throws FILE_NOT_FOUND, UNREADABLE_FILE,
// NOT_SAFETENSORS (the header is not one) or CORRUPT_WEIGHTS (it contradicts the file), naming file and tensor.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const InputFile& input);

  const Metadata& metadata() const { return metadata_; }
  std::vector<std::string> names() const;

  // A copy of its own, so that it outlives the file and a change of it.
  at::Tensor tensor(const std::string& name) const;
  StateDict tensors() const;

  // A tensor's bytes where they lie in the mapped file; the pointer keeps them.
  struct MappedBytes {
    std::shared_ptr<const uint8_t> data;
    size_t size = 0;
  };
  MappedBytes mapped(const std::string& name) const;
  // Takes no memory for what was looked at until it is looked at again.
  void release_memory() const;

 private:
  struct Entry {
    at::ScalarType dtype = at::kFloat;
    std::vector<int64_t> shape;
    size_t begin = 0;
    size_t end = 0;
  };

  class HeaderReader;

  void map_file();
  const Entry& entry(const std::string& name) const;

  std::string path_;
  std::shared_ptr<const std::byte> mapped_;
  size_t file_bytes_ = 0;
  size_t data_begin_ = 0;
  std::map<std::string, Entry> entries_;
  Metadata metadata_;
};

// Sorted by falling element size, then by name, header padded to 8 bytes: aligned, and the same input gives the same
// bytes. Written under a temporary name in the same folder, then renamed. Throws OUTPUT_UNWRITABLE.
void write_safetensors(const std::string& path, const StateDict& tensors, const Metadata& metadata);
// The same bytes in memory.
FileBytes safetensors_bytes(const StateDict& tensors, const Metadata& metadata);

}  // namespace hepatica
