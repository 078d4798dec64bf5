// Whether what the headers of a series say can be read and believed.
#pragma once

#include <vector>

#include "dicom/group.h"

namespace hepatica::dicom {

// Throws Error CORRUPT_FILE, UNSUPPORTED_TRANSFER_SYNTAX, UNSUPPORTED_PIXEL_FORMAT, INVALID_VALUE, MISSING_GEOMETRY,
// or MISSING_RESCALE unless `raw`; each names the file and the field.
void check_objects(const std::vector<const DicomObject*>& objects, bool raw);

// Whether the file holds all of its pixels, as far as can be told without decoding them.
bool is_whole(const DicomObject& object);

// Throws Error MIXED_FRAME_OF_REFERENCE.
void check_frame_of_reference(const std::vector<FrameRef>& frames);

// Bytes of one frame as stored in a native transfer syntax.
uint64_t native_frame_bytes(const PixelFormat& format);

}  // namespace hepatica::dicom
