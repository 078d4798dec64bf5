#include "dicom/multiframe.h"

#include <dcmtk/dcmdata/dcsequen.h>

#include "dicom/values.h"

namespace hepatica::dicom {
namespace {

void read_position(DcmItem& item, FrameHeader& frame) {
  if (const auto position = get_numbers<3>(item, tag::kImagePosition, frame.problem)) frame.position_mm = position;
}

void read_orientation(DcmItem& item, FrameHeader& frame) {
  if (const auto cosines = get_numbers<6>(item, tag::kImageOrientation, frame.problem)) frame.orientation = cosines;
}

void read_measures(DcmItem& item, FrameHeader& frame) {
  if (const auto spacing = get_numbers<2>(item, tag::kPixelSpacing, frame.problem)) frame.row_column_mm = spacing;
  std::optional<FieldProblem> ignored;  // the distance of slices comes from their positions
  if (const auto thickness = get_number(item, tag::kSliceThickness, ignored)) frame.thickness_mm = thickness;
}

void read_rescale(DcmItem& item, FrameHeader& frame) {
  if (const auto slope = get_number(item, tag::kRescaleSlope, frame.problem)) frame.slope = slope;
  if (const auto intercept = get_number(item, tag::kRescaleIntercept, frame.problem)) frame.intercept = intercept;
  const std::string type = get_string(item, tag::kRescaleType);
  if (!type.empty()) frame.rescale_type = type;
}

void take_string(DcmItem& item, Tag tag, std::string& value) {
  if (std::string text = get_string(item, tag); !text.empty()) value = std::move(text);
}

void read_reconstruction(DcmItem& item, FrameHeader& frame) {
  take_string(item, tag::kConvolutionKernel, frame.kernel);
  take_string(item, tag::kFilterType, frame.filter);
}

// Of a legacy-converted object: what no functional group has a place for stands as in the single-frame object (PS3.3
// C.7.6.16.2.25), the kernel and the number of the acquisition among it.
void read_converted(DcmItem& item, FrameHeader& frame) {
  read_reconstruction(item, frame);
  take_string(item, tag::kKvp, frame.kvp);
  take_string(item, tag::kAcquisitionNumber, frame.acquisition);
  take_string(item, tag::kAcquisitionDateTime, frame.acquisition_date_time);
  take_string(item, tag::kTemporalPosition, frame.temporal_position);
  take_string(item, tag::kTriggerTime, frame.trigger_time);
}

// `groups` is an item of the shared or of the per-frame sequence; what it holds replaces what `frame` has.
void read_groups(DcmItem& groups, FrameHeader& frame) {
  for (const Tag converted : {tag::kUnassignedShared, tag::kUnassignedPerFrame}) {
    if (DcmItem* item = first_item(groups, converted)) read_converted(*item, frame);
  }
  if (DcmItem* item = first_item(groups, tag::kPlanePosition)) read_position(*item, frame);
  if (DcmItem* item = first_item(groups, tag::kPlaneOrientation)) read_orientation(*item, frame);
  if (DcmItem* item = first_item(groups, tag::kPixelMeasures)) read_measures(*item, frame);
  if (DcmItem* item = first_item(groups, tag::kPixelValueTransformation)) read_rescale(*item, frame);
  if (DcmItem* item = first_item(groups, tag::kCtImageFrameType)) {
    if (auto type = get_strings(*item, tag::kFrameType); !type.empty()) frame.image_type = std::move(type);
  }
  if (DcmItem* item = first_item(groups, tag::kFrameContent)) {
    take_string(*item, tag::kFrameAcquisitionNumber, frame.acquisition);
    take_string(*item, tag::kTemporalPositionIndex, frame.temporal_position);
    take_string(*item, tag::kFrameAcquisitionDateTime, frame.acquisition_date_time);
  }
  if (DcmItem* item = first_item(groups, tag::kCardiacSynchronization)) {
    take_string(*item, tag::kNominalCardiacTriggerDelay, frame.trigger_time);
  }
  if (DcmItem* item = first_item(groups, tag::kCtReconstruction)) read_reconstruction(*item, frame);
  if (DcmItem* item = first_item(groups, tag::kCtXRayDetails)) take_string(*item, tag::kKvp, frame.kvp);
}

}  // namespace

FrameHeader read_frame_values(DcmItem& item) {
  FrameHeader frame;
  read_position(item, frame);
  read_orientation(item, frame);
  read_measures(item, frame);
  read_rescale(item, frame);
  frame.image_type = get_strings(item, tag::kImageType);
  frame.acquisition = get_string(item, tag::kAcquisitionNumber);
  frame.acquisition_date_time = get_string(item, tag::kAcquisitionDateTime);
  frame.temporal_position = get_string(item, tag::kTemporalPosition);
  frame.trigger_time = get_string(item, tag::kTriggerTime);
  read_reconstruction(item, frame);
  frame.kvp = get_string(item, tag::kKvp);
  return frame;
}

std::vector<FrameHeader> read_functional_groups(DcmItem& dataset) {
  std::vector<FrameHeader> frames;
  const DcmTagKey key(tag::kPerFrameFunctionalGroups.group, tag::kPerFrameFunctionalGroups.element);
  DcmSequenceOfItems* per_frame = nullptr;
  if (dataset.findAndGetSequence(key, per_frame).bad() || !per_frame) return frames;
  FrameHeader shared = read_frame_values(dataset);
  if (DcmItem* groups = first_item(dataset, tag::kSharedFunctionalGroups)) read_groups(*groups, shared);
  frames.reserve(per_frame->card());
  DcmObject* item = nullptr;
  while ((item = per_frame->nextInContainer(item)) != nullptr) {
    FrameHeader frame = shared;
    read_groups(static_cast<DcmItem&>(*item), frame);
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace hepatica::dicom
