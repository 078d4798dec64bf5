// Reading of plain and gzipped files alike, on disk or in memory, by zlib; every failure is a typed error.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <string>

#include "core/input_file.h"
#include "nifti/memory_gzip.h"

namespace hepatica {

class GzipReader {
 public:
  // Throws NOT_FOUND, UNREADABLE_FILE.
  explicit GzipReader(const InputFile& input);
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;
  ~GzipReader();

  // The most that the file can unpack to: deflate packs no better than 1032 to 1.
  int64_t most_bytes() const { return most_bytes_; }

  // As many bytes as are left, up to `bytes`; throws CORRUPT_FILE where the compressed data is damaged.
  int64_t read_some(void* target, int64_t bytes);
  // Throws CORRUPT_FILE where the file ends before.
  void read(void* target, int64_t bytes);
  void skip(int64_t bytes);
  // Reads past what was needed, so that gzip's checksum is compared where the data ends there.
  void check_end();

 private:
  [[noreturn]] void refuse(const std::string& what) const;

  void open_file();
  int64_t read_on(void* target, int64_t bytes);

  std::string name_;
  int64_t most_bytes_ = 0;
  gzFile file_ = nullptr;
  std::optional<MemoryGzip> memory_;
};

}  // namespace hepatica
