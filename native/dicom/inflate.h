// Deflated data sets (DICOM PS3.5 annex A.5): raw deflate, RFC 1951.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <vector>

#include "dicom/file.h"

namespace hepatica::dicom {

// Inflates the data set that begins at `offset` of a file, as far as it is asked for.
class InflatedPrefix : public Prefix {
 public:
  InflatedPrefix(const File& file, uint64_t offset);
  ~InflatedPrefix() override;
  InflatedPrefix(const InflatedPrefix&) = delete;
  InflatedPrefix& operator=(const InflatedPrefix&) = delete;

  // Inflates [begin, begin + bytes) of the data set into `into`; bytes got. Forward only: begin must not lie before
  // what an earlier call or ensure() has passed.
  size_t read_on(uint64_t begin, uint8_t* into, size_t bytes);

 private:
  void grow(uint64_t end) override;
  size_t inflate_into(uint8_t* into, size_t bytes);

  const File& file_;
  uint64_t next_input_;
  uint64_t produced_ = 0;
  std::vector<uint8_t> input_;
  z_stream stream_{};
  bool ended_ = false;
};

}  // namespace hepatica::dicom
