#include "dicom/objects/secondary_capture.h"

#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcrlerp.h>
#include <dcmtk/dcmdata/dcuid.h>

#include <memory>
#include <string>

#include "core/error.h"
#include "dicom/objects/derived_object.h"
#include "dicom/tags.h"
#include "dicom/write_dataset.h"

namespace hepatica {
namespace {

using namespace dicom;

constexpr int64_t kLargestSide = 65535;
constexpr Tag kPageNumberVector{0x0018, 0x2001};

void check_pictures(const SlicePictures& pictures) {
  const int64_t bytes = pictures.width * pictures.height * 3 * static_cast<int64_t>(pictures.slices.size());
  if (pictures.width < 1 || pictures.height < 1 || pictures.width > kLargestSide || pictures.height > kLargestSide ||
      bytes == 0 || bytes != static_cast<int64_t>(pictures.rgb.size())) {
    throw Error("INVALID_ARGUMENT", "Expected at least one picture, and pixels that match their size", "", "pictures",
                "Choose slices that are in the volume.");
  }
}

void put_pixel_description(DcmDataset& dataset, const SlicePictures& pictures) {
  put(dataset, tag::kSamplesPerPixel, 3);
  put(dataset, tag::kPhotometricInterpretation, EVR_CS, "RGB");
  put(dataset, {0x0028, 0x0006}, 0);  // PlanarConfiguration
  put(dataset, tag::kRows, static_cast<uint16_t>(pictures.height));
  put(dataset, tag::kColumns, static_cast<uint16_t>(pictures.width));
  put(dataset, tag::kBitsAllocated, 8);
  put(dataset, tag::kBitsStored, 8);
  put(dataset, tag::kHighBit, 7);
  put(dataset, tag::kPixelRepresentation, 0);
  put(dataset, tag::kNumberOfFrames, EVR_IS, std::to_string(pictures.slices.size()));
}

// Which slice each frame is.
void put_pages(DcmDataset& dataset, const SlicePictures& pictures) {
  if (pictures.slices.size() == 1) return;  // FrameIncrementPointer is of several frames alone (PS3.3 C.8.6.4)
  dataset.putAndInsertTagKey(DcmTag(0x0028, 0x0009, DcmVR(EVR_AT)),
                             DcmTagKey(kPageNumberVector.group, kPageNumberVector.element));
  std::string pages;
  for (const int64_t slice : pictures.slices) {
    if (!pages.empty()) pages += '\\';
    pages += std::to_string(slice + 1);
  }
  put(dataset, kPageNumberVector, EVR_IS, pages);
}

void put_source_images(DcmDataset& dataset, const SourceIdentity& source, const SlicePictures& pictures) {
  for (const int64_t z : pictures.slices) {
    if (z < 0 || z >= static_cast<int64_t>(source.slices.size())) continue;
    for (const int index : source.slices[static_cast<size_t>(z)]) {
      const SourceInstance& instance = source.instances[static_cast<size_t>(index)];
      DcmItem* item = nullptr;
      dataset.findOrCreateSequenceItem(DcmTag(0x0008, 0x2112, DcmVR(EVR_SQ)), item, -2);
      put(*item, {0x0008, 0x1150}, EVR_UI, instance.sop_class_uid);
      put(*item, {0x0008, 0x1155}, EVR_UI, instance.sop_instance_uid);
      if (instance.frame) put(*item, {0x0008, 0x1160}, EVR_IS, std::to_string(*instance.frame));
    }
  }
}

void put_pixels_rle(DcmDataset& dataset, const SlicePictures& pictures) {
  auto pixels = std::make_unique<DcmPixelData>(DcmTag(tag::kPixelData.group, tag::kPixelData.element, DcmVR(EVR_OW)));
  OFCondition status = pixels->putUint8Array(pictures.rgb.data(), static_cast<unsigned long>(pictures.rgb.size()));
  if (status.good()) status = dataset.insert(pixels.release(), OFTrue);
  DcmRLERepresentationParameter parameter;
  if (status.good()) status = dataset.chooseRepresentation(EXS_RLELossless, &parameter);
  if (status.bad()) throw_not_made("secondary capture", status.text());
}

}  // namespace

EncodedObject make_secondary_capture(const Findings& findings, const SlicePictures& pictures, Run& run) {
  check_pictures(pictures);
  const DerivedObject object(findings, run);
  DcmFileFormat file;
  DcmDataset& dataset = *file.getDataset();
  put(dataset, tag::kSopClassUid, EVR_UI, UID_MultiframeTrueColorSecondaryCaptureImageStorage);
  put(dataset, tag::kModality, EVR_CS, "OT");
  object.put_identity(dataset, kSecondaryCaptureRole, "pictures");
  put(dataset, {0x0008, 0x0064}, EVR_CS, "WSD");  // ConversionType: workstation
  put(dataset, tag::kImageType, EVR_CS, "DERIVED\\SECONDARY");
  put(dataset, {0x0008, 0x2111}, EVR_ST, kNotice);  // DerivationDescription
  put(dataset, {0x0008, 0x0023}, EVR_DA, object.date());
  put(dataset, tag::kContentTime, EVR_TM, object.time());
  put(dataset, tag::kLaterality, EVR_CS, object.source().laterality);
  put(dataset, {0x0020, 0x0020}, EVR_CS, "L\\P");  // PatientOrientation: the radiological view
  put(dataset, {0x0028, 0x0301}, EVR_CS, "YES");   // BurnedInAnnotation
  if (object.source().lossy) put(dataset, tag::kLossyImageCompression, EVR_CS, "01");
  put_source_images(dataset, object.source(), pictures);
  put_pixel_description(dataset, pictures);
  put_pages(dataset, pictures);
  put_pixels_rle(dataset, pictures);
  return object.encode(file, EXS_RLELossless);
}

}  // namespace hepatica
