#include "dicom/tags.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace hepatica::dicom {
namespace {

constexpr TagEntry kHeaderTags[] = {
    {tag::kDirectoryRecords, EVR_SQ, "DirectoryRecordSequence"},
    {tag::kReferencedFileId, EVR_CS, "ReferencedFileID"},
    {tag::kReferencedInstanceInFile, EVR_UI, "ReferencedSOPInstanceUIDInFile"},
    {tag::kSpecificCharacterSet, EVR_CS, "SpecificCharacterSet"},
    {tag::kImageType, EVR_CS, "ImageType"},
    {tag::kSopClassUid, EVR_UI, "SOPClassUID"},
    {tag::kSopInstanceUid, EVR_UI, "SOPInstanceUID"},
    {tag::kStudyDate, EVR_DA, "StudyDate"},
    {tag::kAcquisitionDateTime, EVR_DT, "AcquisitionDateTime"},
    {tag::kStudyTime, EVR_TM, "StudyTime"},
    {tag::kAcquisitionTime, EVR_TM, "AcquisitionTime"},
    {tag::kContentTime, EVR_TM, "ContentTime"},
    {tag::kAccessionNumber, EVR_SH, "AccessionNumber"},
    {tag::kModality, EVR_CS, "Modality"},
    {tag::kManufacturer, EVR_LO, "Manufacturer"},
    {tag::kReferringPhysicianName, EVR_PN, "ReferringPhysicianName"},
    {tag::kCodeMeaning, EVR_LO, "CodeMeaning"},
    {tag::kStudyDescription, EVR_LO, "StudyDescription"},
    {tag::kSeriesDescription, EVR_LO, "SeriesDescription"},
    {tag::kFrameType, EVR_CS, "FrameType"},
    {tag::kPatientName, EVR_PN, "PatientName"},
    {tag::kPatientId, EVR_LO, "PatientID"},
    {tag::kPatientBirthDate, EVR_DA, "PatientBirthDate"},
    {tag::kPatientSex, EVR_CS, "PatientSex"},
    {tag::kContrastBolusAgent, EVR_LO, "ContrastBolusAgent"},
    {tag::kContrastBolusAgents, EVR_SQ, "ContrastBolusAgentSequence"},
    {tag::kBodyPartExamined, EVR_CS, "BodyPartExamined"},
    {tag::kSliceThickness, EVR_DS, "SliceThickness"},
    {tag::kKvp, EVR_DS, "KVP"},
    {tag::kSpacingBetweenSlices, EVR_DS, "SpacingBetweenSlices"},
    {tag::kTriggerTime, EVR_DS, "TriggerTime"},
    {tag::kFilterType, EVR_SH, "FilterType"},
    {tag::kConvolutionKernel, EVR_SH, "ConvolutionKernel"},
    {tag::kFrameAcquisitionDateTime, EVR_DT, "FrameAcquisitionDateTime"},
    {tag::kCardiacSynchronization, EVR_SQ, "CardiacSynchronizationSequence"},
    {tag::kCtReconstruction, EVR_SQ, "CTReconstructionSequence"},
    {tag::kCtXRayDetails, EVR_SQ, "CTXRayDetailsSequence"},
    {tag::kCtImageFrameType, EVR_SQ, "CTImageFrameTypeSequence"},
    {tag::kStudyInstanceUid, EVR_UI, "StudyInstanceUID"},
    {tag::kSeriesInstanceUid, EVR_UI, "SeriesInstanceUID"},
    {tag::kStudyId, EVR_SH, "StudyID"},
    {tag::kSeriesNumber, EVR_IS, "SeriesNumber"},
    {tag::kAcquisitionNumber, EVR_IS, "AcquisitionNumber"},
    {tag::kInstanceNumber, EVR_IS, "InstanceNumber"},
    {tag::kImagePosition, EVR_DS, "ImagePositionPatient"},
    {tag::kImageOrientation, EVR_DS, "ImageOrientationPatient"},
    {tag::kFrameOfReferenceUid, EVR_UI, "FrameOfReferenceUID"},
    {tag::kLaterality, EVR_CS, "Laterality"},
    {tag::kTemporalPosition, EVR_IS, "TemporalPositionIdentifier"},
    {tag::kPositionReferenceIndicator, EVR_LO, "PositionReferenceIndicator"},
    {tag::kFrameContent, EVR_SQ, "FrameContentSequence"},
    {tag::kPlanePosition, EVR_SQ, "PlanePositionSequence"},
    {tag::kPlaneOrientation, EVR_SQ, "PlaneOrientationSequence"},
    {tag::kTemporalPositionIndex, EVR_UL, "TemporalPositionIndex"},
    {tag::kNominalCardiacTriggerDelay, EVR_FD, "NominalCardiacTriggerDelayTime"},
    {tag::kFrameAcquisitionNumber, EVR_US, "FrameAcquisitionNumber"},
    {tag::kUnassignedShared, EVR_SQ, "UnassignedSharedConvertedAttributesSequence"},
    {tag::kUnassignedPerFrame, EVR_SQ, "UnassignedPerFrameConvertedAttributesSequence"},
    {tag::kSamplesPerPixel, EVR_US, "SamplesPerPixel"},
    {tag::kPhotometricInterpretation, EVR_CS, "PhotometricInterpretation"},
    {tag::kNumberOfFrames, EVR_IS, "NumberOfFrames"},
    {tag::kRows, EVR_US, "Rows"},
    {tag::kColumns, EVR_US, "Columns"},
    {tag::kPixelSpacing, EVR_DS, "PixelSpacing"},
    {tag::kBitsAllocated, EVR_US, "BitsAllocated"},
    {tag::kBitsStored, EVR_US, "BitsStored"},
    {tag::kHighBit, EVR_US, "HighBit"},
    {tag::kPixelRepresentation, EVR_US, "PixelRepresentation"},
    {tag::kPixelPaddingValue, EVR_xs, "PixelPaddingValue"},
    {tag::kPixelPaddingRangeLimit, EVR_xs, "PixelPaddingRangeLimit"},
    {tag::kRescaleIntercept, EVR_DS, "RescaleIntercept"},
    {tag::kRescaleSlope, EVR_DS, "RescaleSlope"},
    {tag::kRescaleType, EVR_LO, "RescaleType"},
    {tag::kLossyImageCompression, EVR_CS, "LossyImageCompression"},
    {tag::kLossyImageCompressionRatio, EVR_DS, "LossyImageCompressionRatio"},
    {tag::kLossyImageCompressionMethod, EVR_CS, "LossyImageCompressionMethod"},
    {tag::kPixelMeasures, EVR_SQ, "PixelMeasuresSequence"},
    {tag::kPixelValueTransformation, EVR_SQ, "PixelValueTransformationSequence"},
    {tag::kSharedFunctionalGroups, EVR_SQ, "SharedFunctionalGroupsSequence"},
    {tag::kPerFrameFunctionalGroups, EVR_SQ, "PerFrameFunctionalGroupsSequence"},
    {tag::kPixelData, EVR_PixelData, "PixelData"},
};

static_assert(std::ranges::is_sorted(kHeaderTags, {}, &TagEntry::tag));

}  // namespace

std::span<const TagEntry> header_tags() { return kHeaderTags; }

const TagEntry* find_header_tag(Tag tag) {
  const auto found = std::ranges::lower_bound(kHeaderTags, tag, {}, &TagEntry::tag);
  return found != std::end(kHeaderTags) && found->tag == tag ? &*found : nullptr;
}

std::string field_name(Tag tag) {
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), "(%04x,%04x)", tag.group, tag.element);
  const TagEntry* entry = find_header_tag(tag);
  return entry ? std::string(entry->keyword) + " " + number.data() : std::string(number.data());
}

}  // namespace hepatica::dicom
