// Plain and gzipped bytes in memory alike, as zlib's gzread() reads files: members one after the other are one stream,
// and what follows the last of them is ignored.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <memory>

#include "core/input_file.h"

namespace hepatica {

class MemoryGzip {
 public:
  explicit MemoryGzip(std::shared_ptr<const FileBytes> file);
  MemoryGzip(const MemoryGzip&) = delete;
  MemoryGzip& operator=(const MemoryGzip&) = delete;
  ~MemoryGzip();

  bool is_packed() const { return packed_; }
  // The data ended within a member.
  bool is_cut() const { return cut_; }

  // Bytes got, fewer than asked for at the end; -1 where the data is damaged.
  int64_t read(void* target, int64_t bytes);

 private:
  bool begins_member() const;
  int64_t inflate_some(uint8_t* target, int64_t bytes);

  std::shared_ptr<const FileBytes> file_;
  size_t at_ = 0;
  bool packed_ = false;
  bool ended_ = false;
  bool cut_ = false;
  z_stream stream_{};
};

}  // namespace hepatica
