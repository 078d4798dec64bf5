// JPEG 2000 by OpenJPEG: DCMTK has no decoder.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hepatica::dicom {

struct Jpeg2000Result {
  std::string problem;  // why it cannot be decoded, or nothing
  int depth = 0;        // bits of the component's numbers
  bool is_signed = false;
};

// Decodes a one-component image into 16-bit cells (two's complement where the component is signed).
Jpeg2000Result decode_jpeg2000(std::span<const uint8_t> stream, int rows, int columns, std::vector<uint8_t>& cells);

}  // namespace hepatica::dicom
