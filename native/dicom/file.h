// Files from outside, on disk or in memory, read by position. They are never mapped: one that shrinks while it is read
// gives a short read here, not a fault.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/input_file.h"

namespace hepatica::dicom {

// An open regular file, or bytes in memory. Throws Error UNREADABLE_FILE where it cannot be opened or is no regular
// file.
class File {
 public:
  explicit File(const InputFile& input);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  uint64_t size() const { return size_; }

  // Bytes read, fewer than asked for at the end of the file.
  size_t read_at(uint64_t offset, void* into, size_t bytes) const;

 private:
  InputFile input_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

// The leading bytes of a header, got as far as they are asked for: of a file, or inflated from a deflated data set.
class Prefix {
 public:
  virtual ~Prefix() = default;

  const uint8_t* data() const { return bytes_.data(); }
  // False where the data, or what a header may take (kMaxHeaderBytes), ends before `end`.
  bool ensure(uint64_t end);

 protected:
  // Appends to bytes_ until it holds `end` bytes, or the data ends.
  virtual void grow(uint64_t end) = 0;

  std::vector<uint8_t> bytes_;
};

class FilePrefix : public Prefix {
 public:
  explicit FilePrefix(const File& file) : file_(file) {}

 private:
  void grow(uint64_t end) override;

  const File& file_;
};

inline constexpr uint64_t kMaxHeaderBytes = uint64_t{64} << 20;

}  // namespace hepatica::dicom
