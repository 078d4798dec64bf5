// The frame header of a JPEG or JPEG-LS stream: what a decoder is about to write, known before it does.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace hepatica::dicom {

struct JpegHeader {
  uint8_t marker = 0;  // SOF0 and so on: which process
  int precision = 0;
  int rows = 0;
  int columns = 0;
  int components = 0;
};

// Nullopt where the stream has no SOF marker before its first scan (ITU-T T.81 annex B; T.87 annex C for SOF55).
std::optional<JpegHeader> read_jpeg_header(std::span<const uint8_t> stream);

}  // namespace hepatica::dicom
