// One file to read: on disk, or its bytes in memory. What reads a format takes either, and knows no difference but
// where the bytes come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace hepatica {

// The bytes of a file in memory, `size` of them once they are all there.
struct FileBytes {
  size_t size = 0;
  std::vector<uint8_t> bytes;
};

struct InputFile {
  // A path is a file as it stands: callers that have one pass it.
  InputFile(std::string path) : name(std::move(path)) {}  // NOLINT(google-explicit-constructor)
  InputFile(const char* path) : name(path) {}             // NOLINT(google-explicit-constructor)
  InputFile(std::string shown_as, std::shared_ptr<const FileBytes> held)
      : name(std::move(shown_as)), memory(std::move(held)) {}

  // The path; of bytes in memory what errors and reports call them ("source[3]").
  std::string name;
  std::shared_ptr<const FileBytes> memory;  // null: on disk
};

}  // namespace hepatica
