#include "dicom/transfer_syntax.h"

#include <algorithm>
#include <iterator>

namespace hepatica::dicom {
namespace {

constexpr TransferSyntax kSyntaxes[] = {
    {.uid = "1.2.840.10008.1.2", .name = "Implicit VR Little Endian", .implicit_vr = true},
    {.uid = "1.2.840.10008.1.2.1", .name = "Explicit VR Little Endian"},
    {.uid = "1.2.840.10008.1.2.1.99", .name = "Deflated Explicit VR Little Endian", .deflated = true},
    {.uid = "1.2.840.10008.1.2.2", .name = "Explicit VR Big Endian", .big_endian = true},
    {.uid = "1.2.840.10008.1.2.5", .name = "RLE Lossless", .coding = PixelCoding::kRle},
    {.uid = "1.2.840.10008.1.2.4.50", .name = "JPEG Baseline", .coding = PixelCoding::kJpeg, .lossy = true},
    {.uid = "1.2.840.10008.1.2.4.51", .name = "JPEG Extended", .coding = PixelCoding::kJpeg, .lossy = true},
    {.uid = "1.2.840.10008.1.2.4.53", .name = "JPEG Spectral Selection", .coding = PixelCoding::kJpeg, .lossy = true},
    {.uid = "1.2.840.10008.1.2.4.55", .name = "JPEG Full Progression", .coding = PixelCoding::kJpeg, .lossy = true},
    {.uid = "1.2.840.10008.1.2.4.57", .name = "JPEG Lossless", .coding = PixelCoding::kJpeg},
    {.uid = "1.2.840.10008.1.2.4.70", .name = "JPEG Lossless SV1", .coding = PixelCoding::kJpeg},
    {.uid = "1.2.840.10008.1.2.4.80", .name = "JPEG-LS Lossless", .coding = PixelCoding::kJpegLs},
    {.uid = "1.2.840.10008.1.2.4.81",
     .name = "JPEG-LS Near-Lossless",
     .coding = PixelCoding::kJpegLs,
     .may_be_lossy = true},
    {.uid = "1.2.840.10008.1.2.4.90", .name = "JPEG 2000 Lossless", .coding = PixelCoding::kJpeg2000},
    {.uid = "1.2.840.10008.1.2.4.91", .name = "JPEG 2000", .coding = PixelCoding::kJpeg2000, .may_be_lossy = true},
    {.uid = "1.2.840.10008.1.2.4.201", .name = "High-Throughput JPEG 2000 Lossless", .coding = PixelCoding::kJpeg2000},
    {.uid = "1.2.840.10008.1.2.4.202",
     .name = "High-Throughput JPEG 2000 RPCL Lossless",
     .coding = PixelCoding::kJpeg2000},
    {.uid = "1.2.840.10008.1.2.4.203",
     .name = "High-Throughput JPEG 2000",
     .coding = PixelCoding::kJpeg2000,
     .may_be_lossy = true},
};

}  // namespace

const TransferSyntax* find_transfer_syntax(std::string_view uid) {
  const auto found = std::ranges::find(kSyntaxes, uid, [](const TransferSyntax& syntax) { return syntax.uid; });
  return found == std::end(kSyntaxes) ? nullptr : &*found;
}

}  // namespace hepatica::dicom
