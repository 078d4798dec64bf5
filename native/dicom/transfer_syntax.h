// How a data set and its pixels are encoded (DICOM PS3.5 section 10 and annex A).
#pragma once

#include <string>
#include <string_view>

namespace hepatica::dicom {

enum class PixelCoding { kNative, kRle, kJpeg, kJpegLs, kJpeg2000 };

struct TransferSyntax {
  const char* uid;
  const char* name;
  bool implicit_vr = false;
  bool big_endian = false;
  bool deflated = false;
  PixelCoding coding = PixelCoding::kNative;
  // True where every stream of this syntax is lossy; where the syntax allows both, LossyImageCompression tells.
  bool lossy = false;
  bool may_be_lossy = false;
};

// Null for a syntax that is not supported.
const TransferSyntax* find_transfer_syntax(std::string_view uid);

}  // namespace hepatica::dicom
