// The DICOM elements that reading needs: the only ones that are handed to DCMTK's parser.
#pragma once

#include <dcmtk/dcmdata/dcvr.h>

#include <cstdint>
#include <span>
#include <string>

namespace hepatica::dicom {

struct Tag {
  uint16_t group = 0;
  uint16_t element = 0;

  constexpr auto operator<=>(const Tag&) const = default;
};

struct TagEntry {
  Tag tag;
  DcmEVR vr;
  const char* keyword;
};

namespace tag {
inline constexpr Tag kReferencedFileId{0x0004, 0x1500};
inline constexpr Tag kReferencedInstanceInFile{0x0004, 0x1511};
inline constexpr Tag kDirectoryRecords{0x0004, 0x1220};
inline constexpr Tag kSpecificCharacterSet{0x0008, 0x0005};
inline constexpr Tag kImageType{0x0008, 0x0008};
inline constexpr Tag kSopClassUid{0x0008, 0x0016};
inline constexpr Tag kSopInstanceUid{0x0008, 0x0018};
inline constexpr Tag kStudyDate{0x0008, 0x0020};
inline constexpr Tag kAcquisitionDateTime{0x0008, 0x002a};
inline constexpr Tag kStudyTime{0x0008, 0x0030};
inline constexpr Tag kAcquisitionTime{0x0008, 0x0032};
inline constexpr Tag kContentTime{0x0008, 0x0033};
inline constexpr Tag kAccessionNumber{0x0008, 0x0050};
inline constexpr Tag kModality{0x0008, 0x0060};
inline constexpr Tag kManufacturer{0x0008, 0x0070};
inline constexpr Tag kReferringPhysicianName{0x0008, 0x0090};
inline constexpr Tag kCodeMeaning{0x0008, 0x0104};
inline constexpr Tag kStudyDescription{0x0008, 0x1030};
inline constexpr Tag kSeriesDescription{0x0008, 0x103e};
inline constexpr Tag kFrameType{0x0008, 0x9007};
inline constexpr Tag kPatientName{0x0010, 0x0010};
inline constexpr Tag kPatientId{0x0010, 0x0020};
inline constexpr Tag kPatientBirthDate{0x0010, 0x0030};
inline constexpr Tag kPatientSex{0x0010, 0x0040};
inline constexpr Tag kContrastBolusAgent{0x0018, 0x0010};
inline constexpr Tag kContrastBolusAgents{0x0018, 0x0012};
inline constexpr Tag kBodyPartExamined{0x0018, 0x0015};
inline constexpr Tag kSliceThickness{0x0018, 0x0050};
inline constexpr Tag kKvp{0x0018, 0x0060};
inline constexpr Tag kSpacingBetweenSlices{0x0018, 0x0088};
inline constexpr Tag kTriggerTime{0x0018, 0x1060};
inline constexpr Tag kFilterType{0x0018, 0x1160};
inline constexpr Tag kConvolutionKernel{0x0018, 0x1210};
inline constexpr Tag kFrameAcquisitionDateTime{0x0018, 0x9074};
inline constexpr Tag kCardiacSynchronization{0x0018, 0x9118};
inline constexpr Tag kCtReconstruction{0x0018, 0x9314};
inline constexpr Tag kCtXRayDetails{0x0018, 0x9325};
inline constexpr Tag kCtImageFrameType{0x0018, 0x9329};
inline constexpr Tag kStudyInstanceUid{0x0020, 0x000d};
inline constexpr Tag kSeriesInstanceUid{0x0020, 0x000e};
inline constexpr Tag kStudyId{0x0020, 0x0010};
inline constexpr Tag kSeriesNumber{0x0020, 0x0011};
inline constexpr Tag kAcquisitionNumber{0x0020, 0x0012};
inline constexpr Tag kInstanceNumber{0x0020, 0x0013};
inline constexpr Tag kImagePosition{0x0020, 0x0032};
inline constexpr Tag kImageOrientation{0x0020, 0x0037};
inline constexpr Tag kFrameOfReferenceUid{0x0020, 0x0052};
inline constexpr Tag kLaterality{0x0020, 0x0060};
inline constexpr Tag kTemporalPosition{0x0020, 0x0100};
inline constexpr Tag kPositionReferenceIndicator{0x0020, 0x1040};
inline constexpr Tag kFrameContent{0x0020, 0x9111};
inline constexpr Tag kPlanePosition{0x0020, 0x9113};
inline constexpr Tag kPlaneOrientation{0x0020, 0x9116};
inline constexpr Tag kTemporalPositionIndex{0x0020, 0x9128};
inline constexpr Tag kNominalCardiacTriggerDelay{0x0020, 0x9153};
inline constexpr Tag kFrameAcquisitionNumber{0x0020, 0x9156};
inline constexpr Tag kUnassignedShared{0x0020, 0x9170};
inline constexpr Tag kUnassignedPerFrame{0x0020, 0x9171};
inline constexpr Tag kSamplesPerPixel{0x0028, 0x0002};
inline constexpr Tag kPhotometricInterpretation{0x0028, 0x0004};
inline constexpr Tag kNumberOfFrames{0x0028, 0x0008};
inline constexpr Tag kRows{0x0028, 0x0010};
inline constexpr Tag kColumns{0x0028, 0x0011};
inline constexpr Tag kPixelSpacing{0x0028, 0x0030};
inline constexpr Tag kBitsAllocated{0x0028, 0x0100};
inline constexpr Tag kBitsStored{0x0028, 0x0101};
inline constexpr Tag kHighBit{0x0028, 0x0102};
inline constexpr Tag kPixelRepresentation{0x0028, 0x0103};
inline constexpr Tag kPixelPaddingValue{0x0028, 0x0120};
inline constexpr Tag kPixelPaddingRangeLimit{0x0028, 0x0121};
inline constexpr Tag kRescaleIntercept{0x0028, 0x1052};
inline constexpr Tag kRescaleSlope{0x0028, 0x1053};
inline constexpr Tag kRescaleType{0x0028, 0x1054};
inline constexpr Tag kLossyImageCompression{0x0028, 0x2110};
inline constexpr Tag kLossyImageCompressionRatio{0x0028, 0x2112};
inline constexpr Tag kLossyImageCompressionMethod{0x0028, 0x2114};
inline constexpr Tag kPixelMeasures{0x0028, 0x9110};
inline constexpr Tag kPixelValueTransformation{0x0028, 0x9145};
inline constexpr Tag kSharedFunctionalGroups{0x5200, 0x9229};
inline constexpr Tag kPerFrameFunctionalGroups{0x5200, 0x9230};
inline constexpr Tag kExtendedOffsetTable{0x7fe0, 0x0001};
inline constexpr Tag kPixelData{0x7fe0, 0x0010};
inline constexpr Tag kItem{0xfffe, 0xe000};
inline constexpr Tag kItemDelimitation{0xfffe, 0xe00d};
inline constexpr Tag kSequenceDelimitation{0xfffe, 0xe0dd};
}  // namespace tag

// Sorted by tag; of nested elements too.
std::span<const TagEntry> header_tags();

// Null where the reader does not need the element.
const TagEntry* find_header_tag(Tag tag);

// "PixelSpacing (0028,0030)", for errors.
std::string field_name(Tag tag);

}  // namespace hepatica::dicom
