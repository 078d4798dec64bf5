// Encapsulated pixel data (DICOM PS3.5 annex A.4): which fragments make up which frame.
#pragma once

#include <cstdint>
#include <vector>

#include "dicom/file.h"
#include "dicom/header.h"

namespace hepatica::dicom {

struct Fragment {
  uint64_t offset = 0;  // of its bytes, in the file
  uint32_t length = 0;
};

using FrameFragments = std::vector<std::vector<Fragment>>;

// By the extended or the basic offset table, by one fragment a frame, or by the markers that streams begin with.
// Throws Error CORRUPT_FILE.
FrameFragments locate_frames(const File& file, const DicomObject& object);

// The fragments of one frame, joined. Throws Error CORRUPT_FILE.
std::vector<uint8_t> read_fragments(const File& file, const DicomObject& object,
                                    const std::vector<Fragment>& fragments);

[[noreturn]] void throw_corrupt_pixels(const DicomObject& object, const std::string& why);

}  // namespace hepatica::dicom
