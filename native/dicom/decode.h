// From the bytes of a frame to its stored cells, uncompressed and in the byte order of this machine.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/run.h"
#include "dicom/fragments.h"
#include "dicom/group.h"

namespace hepatica::dicom {

// How to get at the frames of an object that is not plain.
struct PixelSource {
  FrameFragments fragments;       // of a compressed object
  std::vector<uint8_t> inflated;  // all frames of a deflated object with several: deflate can only be read forward
};

using PixelSources = std::map<const DicomObject*, PixelSource>;

// Throws Error CORRUPT_FILE.
PixelSources open_pixel_sources(const std::vector<FrameRef>& frames, Run& run);

// True where the frame's cells can be read as they stand, at frame_offset() of the file.
bool is_plain(const DicomObject& object);

// Reads a plain frame of native_frame_bytes() into `cells`; still in the file's byte order.
void read_plain_frame(const FrameRef& frame, void* cells);

struct CellInfo {
  int bytes = 2;            // of a cell
  bool swap_bytes = false;  // cells of two bytes in the other byte order
  // Bits of the numbers in a compressed stream, which need not be BitsStored; 0: not compressed, or of RLE, which has
  // whole cells.
  int depth = 0;
  bool signed_stream = false;  // the stream's numbers have a sign of their own (JPEG 2000 alone)
};

// Decodes a frame into `cells`, which is resized. Throws Error CORRUPT_FILE.
CellInfo decode_frame(const FrameRef& frame, const PixelSources& sources, std::vector<uint8_t>& cells);

}  // namespace hepatica::dicom
