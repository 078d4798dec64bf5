// The pixels of an object whose file came in memory: decoded as soon as it is there, so that its bytes, compressed or
// with whatever else they hold, need not wait for the other slices of the series.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/error.h"
#include "core/run.h"
#include "dicom/decode.h"
#include "platform/page_buffer.h"

namespace hepatica::dicom {

class HeldPixels {
 public:
  explicit HeldPixels(const DicomObject& object);

  size_t bytes() const { return cells_.size(); }

  // Finds where the frames lie in the file; false where it cannot be told, which is said when they are asked for.
  bool open(const DicomObject& object, PixelSources& sources, Run& run);

  // Decodes a frame of the object into its place; what is wrong with it is said when it is asked for. Of different
  // frames on several threads.
  void decode(const FrameRef& frame, const PixelSources& sources);

  struct Cells {
    const uint8_t* cells;
    CellInfo info;
  };
  // Throws Error CORRUPT_FILE where the frame could not be decoded.
  Cells frame(int index) const;

  // The frame is asked for no more.
  void let_go(int index);

 private:
  struct Frame {
    CellInfo info;
    std::optional<Error> failure;
  };

  size_t frame_bytes_;
  PageBuffer cells_;
  std::vector<Frame> frames_;
};

// Decodes all frames of the objects, whose files are in memory, and lets go of the files. Objects that are no images of
// a CT volume, or whose headers cannot be believed, have no pixels afterwards: they are refused where they are chosen.
void hold_pixels(const std::vector<DicomObject*>& objects, Run& run);

// What hold_pixels() would take of memory.
size_t bytes_to_hold(const DicomObject& object);

}  // namespace hepatica::dicom
