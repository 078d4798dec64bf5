// Pictures of what was found as a DICOM object, for viewers without segmentations.
#pragma once

#include <cstdint>
#include <vector>

#include "dicom/objects/findings.h"

namespace hepatica {

// 8-bit RGB, pixel by pixel, picture by picture.
struct SlicePictures {
  int64_t width = 0;
  int64_t height = 0;
  std::vector<int64_t> slices;  // the z of each picture
  std::vector<uint8_t> rgb;
};

// Multi-frame True Color Secondary Capture, RLE: a frame a picture, the annotation burned in. Throws Error as
// make_segmentation(), and INVALID_ARGUMENT where there is no picture or the pixels do not match the size.
EncodedObject make_secondary_capture(const Findings& findings, const SlicePictures& pictures, Run& run);

}  // namespace hepatica
