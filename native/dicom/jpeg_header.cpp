#include "dicom/jpeg_header.h"

#include "dicom/element_walk.h"

namespace hepatica::dicom {
namespace {

bool is_frame_header(uint8_t marker) {
  const bool sof = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  return sof || marker == 0xf7;
}

}  // namespace

std::optional<JpegHeader> read_jpeg_header(std::span<const uint8_t> stream) {
  size_t at = 2;  // after SOI
  while (at + 4 <= stream.size()) {
    if (stream[at] != 0xff) return std::nullopt;
    const uint8_t marker = stream[at + 1];
    if (marker == 0xff) {  // fill byte
      ++at;
      continue;
    }
    if (is_frame_header(marker)) {
      if (at + 10 > stream.size()) return std::nullopt;
      const uint8_t* frame = stream.data() + at + 4;
      return JpegHeader{marker, frame[0], read_u16(frame + 1, true), read_u16(frame + 3, true), frame[5]};
    }
    if (marker == 0xda || marker == 0xd9) return std::nullopt;
    at += 2u + read_u16(stream.data() + at + 2, true);
  }
  return std::nullopt;
}

}  // namespace hepatica::dicom
