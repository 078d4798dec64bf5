#include "dicom/describe.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "dicom/classify.h"
#include "dicom/source_attributes.h"

namespace hepatica::dicom {
namespace {

// With fewer slices a volume in ml means little.
constexpr size_t kFewSlices = 5;

void describe_series(const DicomObject& first, SeriesReport& report) {
  report.patient_id = first.patient_id;
  report.study_instance_uid = first.study_instance_uid;
  report.series_instance_uid = first.series_instance_uid;
  report.frame_of_reference_uid = first.frame_of_reference_uid;
  report.series_description = first.series_description;
  report.manufacturer = first.manufacturer;
  report.contrast_agent = first.contrast_agent;
}

// Beside the repairs also a warning, which is printed: a patient's name is changed.
void describe_texts(const DicomObject& first, SeriesReport& report, Run& run) {
  const std::string names = undecoded_texts(first);
  if (names.empty()) return;
  const std::string message = "Characters of " + names +
                              " that SpecificCharacterSet (0008,0005) does not explain became U+FFFD, as in all that "
                              "is written of the series";
  report.repairs.push_back({"TEXT_CUT", message});
  run.warn("TEXT_CUT", message);
}

bool is_lossy(const DicomObject& object) {
  const bool denied = object.lossy_image_compression == "00";
  return object.lossy_image_compression == "01" || object.syntax->lossy || (object.syntax->may_be_lossy && !denied);
}

// The instances by the slices that they make, in the order of z.
class SourceInstances {
 public:
  explicit SourceInstances(SourceIdentity& source) : source_(source) {}

  void add(const Slot& slot) {
    std::vector<int>& slice = source_.slices.emplace_back();
    slice.push_back(index_of(slot.frame));
    if (slot.above) slice.push_back(index_of(*slot.above));
  }

 private:
  int index_of(const FrameRef& frame) {
    const auto [found, is_new] =
        indices_.try_emplace({frame.object, frame.frame}, static_cast<int>(source_.instances.size()));
    if (is_new) {
      const DicomObject& object = *frame.object;
      source_.instances.push_back({object.sop_class_uid, object.sop_instance_uid, std::nullopt});
      if (object.multi_frame) source_.instances.back().frame = frame.frame + 1;
    }
    return found->second;
  }

  SourceIdentity& source_;
  std::map<std::pair<const DicomObject*, int>, int> indices_;
};

void describe_source(const SlicePlan& plan, SeriesReport& report) {
  report.source = fitted(plan.slots.front().frame.object->source, report.repairs);
  report.source.lossy = report.lossy;
  SourceInstances instances(report.source);
  for (const Slot& slot : plan.slots) instances.add(slot);
}

void describe_slots(const SlicePlan& plan, SeriesReport& report) {
  std::set<std::string> syntaxes;
  for (size_t z = 0; z < plan.slots.size(); ++z) {
    const Slot& slot = plan.slots[z];
    const DicomObject& object = *slot.frame.object;
    syntaxes.insert(object.transfer_syntax_uid);
    report.lossy = report.lossy || is_lossy(object);
    if (slot.above) {
      report.slices.push_back({});
      report.interpolated.push_back({static_cast<int64_t>(z), slot.position_mm});
      continue;
    }
    report.slices.push_back({object.path, object.sop_instance_uid, std::nullopt});
    if (object.multi_frame) report.slices.back().frame = slot.frame.frame + 1;
  }
  report.transfer_syntaxes.assign(syntaxes.begin(), syntaxes.end());
}

void describe_counts(const RescaleCounts& counts, SeriesReport& report) {
  if (counts.padding > 0) {
    report.repairs.push_back(
        {"PADDING_TO_AIR", std::to_string(counts.padding) + " voxels of pixel padding became -1024 HU"});
  }
  if (counts.below_air > 0) {
    report.repairs.push_back({"RAISED_TO_AIR", std::to_string(counts.below_air) +
                                                   " voxels below -1024 HU (outside of "
                                                   "the field of view) became -1024 HU"});
  }
  if (counts.above_range > 0) {
    report.repairs.push_back(
        {"LOWERED_TO_RANGE", std::to_string(counts.above_range) + " voxels above 32767 HU became 32767 HU"});
  }
}

void describe_syntaxes(const SlicePlan& plan, SeriesReport& report) {
  std::map<std::string, std::string> repaired;
  for (const Slot& slot : plan.slots) {
    const DicomObject& object = *slot.frame.object;
    if (!object.syntax_repair.empty()) repaired.emplace(object.path, object.syntax_repair);
  }
  if (repaired.empty()) return;
  report.repairs.push_back({"TRANSFER_SYNTAX_MISMATCH", std::to_string(repaired.size()) +
                                                            " files were read as their data show, as " +
                                                            repaired.begin()->first + ": " + repaired.begin()->second});
}

std::string padding_text(const PixelFormat& format) {
  const auto text = [&](uint16_t bits) {
    return std::to_string(format.is_signed ? int{static_cast<int16_t>(bits)} : int{bits});
  };
  return text(*format.padding) + (format.padding_limit ? " to " + text(*format.padding_limit) : "");
}

bool any_object(const SlicePlan& plan, auto&& test) {
  return std::ranges::any_of(plan.slots, [&](const Slot& slot) { return test(*slot.frame.object); });
}

void describe_pixels(const SlicePlan& plan, bool raw, SeriesReport& report) {
  if (any_object(plan, [](const DicomObject& object) { return object.format.photometric == "MONOCHROME1"; })) {
    report.repairs.push_back({"MONOCHROME1",
                              "PhotometricInterpretation is MONOCHROME1, which concerns display alone: "
                              "HU are not inverted"});
  }
  if (raw && std::ranges::any_of(plan.slots, [](const Slot& slot) {
        return !slot.frame.header().slope || !slot.frame.header().intercept;
      })) {
    report.repairs.push_back({"RAW_VALUES", "slices without RescaleSlope or RescaleIntercept: slope 1, intercept 0"});
  }
  const std::set<std::string> lacks = [&] {
    std::set<std::string> found;
    for (const Slot& slot : plan.slots) {
      if (slot.frame.object->frame_of_reference_uid.empty()) found.insert(slot.frame.object->path);
    }
    return found;
  }();
  if (!lacks.empty()) {
    report.repairs.push_back({"NO_FRAME_OF_REFERENCE", std::to_string(lacks.size()) +
                                                           " files without FrameOfReferenceUID were taken to share "
                                                           "that of the series"});
  }
}

void warn_about(const SlicePlan& plan, const SeriesReport& report, Run& run) {
  if (report.lossy) {
    run.warn("LOSSY_COMPRESSION", "The series was compressed with loss: HU are not those of the scanner");
  }
  if (plan.slots.size() < kFewSlices) {
    run.warn("FEW_SLICES",
             "The series has " + std::to_string(plan.slots.size()) + " slices: volumes in ml are not reliable");
  }
  if (!report.interpolated.empty()) {
    run.warn("INTERPOLATED_SLICES", std::to_string(report.interpolated.size()) + " of " +
                                        std::to_string(plan.slots.size()) + " slices were interpolated");
  }
  const auto doubtful = std::ranges::find_if(plan.slots, [](const Slot& slot) {
    return !is_plausible_padding(slot.frame.object->format, slot.frame.header());
  });
  if (doubtful != plan.slots.end()) {
    const DicomObject& object = *doubtful->frame.object;
    run.warn("IMPLAUSIBLE_PADDING", object.path + ": PixelPaddingValue " + padding_text(object.format) +
                                        " stands for HU that tissue has: the voxels with that value were kept as they "
                                        "are, and are not air where they should have been padding");
  }
  if (any_object(plan, is_monoenergetic)) {
    run.warn("MONOENERGETIC", "The images are virtual monoenergetic: their HU differ from those of ordinary CT");
  }
}

}  // namespace

void describe_volume(const SlicePlan& plan, const RescaleCounts& counts, bool raw, SeriesReport& report, Run& run) {
  const FrameRef& first = plan.slots.front().frame;
  describe_series(*first.object, report);
  describe_slots(plan, report);
  describe_source(plan, report);
  describe_texts(*first.object, report, run);
  report.slice_thickness_mm = first.header().thickness_mm;
  report.gantry_tilt = plan.gantry_tilt;
  describe_syntaxes(plan, report);
  describe_counts(counts, report);
  describe_pixels(plan, raw, report);
  for (const FrameRef& frame : plan.off_grid) {
    const std::string which = frame.object->multi_frame ? "frame " + std::to_string(frame.frame + 1) : "the slice";
    report.excluded.push_back(
        {frame.object->path, "OFF_GRID_SLICE",
         which + " lies between the slices of the even grid and was used for interpolation only"});
  }
  warn_about(plan, report, run);
}

}  // namespace hepatica::dicom
