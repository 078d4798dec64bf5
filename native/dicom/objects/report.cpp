#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmsr/dsrdoc.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "dicom/objects/codes.h"
#include "dicom/objects/derived_object.h"
#include "dicom/objects/findings.h"
#include "dicom/tags.h"
#include "dicom/uid.h"
#include "dicom/write_dataset.h"

namespace hepatica {
namespace {

using namespace dicom;
using Relation = DSRTypes::E_RelationshipType;
using ValueType = DSRTypes::E_ValueType;

constexpr auto kContains = DSRTypes::RT_contains;
constexpr auto kContext = DSRTypes::RT_hasObsContext;
constexpr auto kModifier = DSRTypes::RT_hasConceptMod;
constexpr auto kSelectedFrom = DSRTypes::RT_selectedFrom;

constexpr Code kReportTitle{"126000", "DCM", "Imaging Measurement Report"};
constexpr Code kLanguage{"121049", "DCM", "Language of Content Item and Descendants"};
constexpr Code kEnglish{"en", "RFC5646", "English"};
constexpr Code kObserverType{"121005", "DCM", "Observer Type"};
constexpr Code kDevice{"121007", "DCM", "Device"};
constexpr Code kDeviceUid{"121012", "DCM", "Device Observer UID"};
constexpr Code kDeviceName{"121013", "DCM", "Device Observer Name"};
constexpr Code kDeviceManufacturer{"121014", "DCM", "Device Observer Manufacturer"};
constexpr Code kDeviceModel{"121015", "DCM", "Device Observer Model Name"};
constexpr Code kDeviceSerial{"121016", "DCM", "Device Observer Serial Number"};
constexpr Code kProcedure{"121058", "DCM", "Procedure reported"};
constexpr Code kTomography{"77477000", "SCT", "Computed Tomography"};
constexpr Code kMeasurements{"126010", "DCM", "Imaging Measurements"};
constexpr Code kGroup{"125007", "DCM", "Measurement Group"};
constexpr Code kTrackingId{"112039", "DCM", "Tracking Identifier"};
constexpr Code kTrackingUid{"112040", "DCM", "Tracking Unique Identifier"};
constexpr Code kFinding{"121071", "DCM", "Finding"};
constexpr Code kFindingSite{"363698007", "SCT", "Finding Site"};
constexpr Code kReferencedSegment{"121191", "DCM", "Referenced Segment"};
constexpr Code kSourceSeries{"121232", "DCM", "Source series for segmentation"};
constexpr Code kImageRegion{"111030", "DCM", "Image Region"};
constexpr Code kAlgorithmName{"111001", "DCM", "Algorithm Name"};
constexpr Code kAlgorithmVersion{"111003", "DCM", "Algorithm Version"};
constexpr Code kVolume{"118565006", "SCT", "Volume"};
constexpr Code kLongAxis{"103339001", "SCT", "Long Axis"};
constexpr Code kShortAxis{"103340004", "SCT", "Short Axis"};
constexpr Code kAttenuation{"112031", "DCM", "Attenuation Coefficient"};
constexpr Code kDerivation{"121401", "DCM", "Derivation"};
constexpr Code kMean{"373098007", "SCT", "Mean"};
constexpr Code kDeviation{"386136009", "SCT", "Standard Deviation"};
constexpr Code kCertainty{"111012", "DCM", "Certainty of Finding"};
constexpr Code kCancer{"111047", "DCM", "Probability of cancer"};
constexpr Code kMalignancy{"MALIGNANCY", "99HEPATICA", "Malignancy of the most probable type"};
constexpr Code kBenign{"30807003", "SCT", "Benign"};
constexpr Code kMalignant{"21594007", "SCT", "Malignant"};
constexpr Code kSurfaceDistance{"SURFACEDISTANCE", "99HEPATICA", "Least distance to the surface of the organ"};
constexpr Code kEvaluations{"C0034375", "UMLS", "Qualitative Evaluations"};
constexpr Code kComment{"121106", "DCM", "Comment"};
constexpr Code kMillilitre{"ml", "UCUM", "milliliter"};
constexpr Code kMillimetre{"mm", "UCUM", "millimeter"};
constexpr Code kHounsfield{"[hnsf'U]", "UCUM", "Hounsfield unit"};
constexpr Code kPercent{"%", "UCUM", "Percent"};

void check(const OFCondition& status) {
  if (status.bad()) throw_not_made("report", status.text());
}

DSRCodedEntryValue coded(const Code& code) { return {code.value, code.scheme, code.meaning}; }

std::string number(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  return text;
}

// Adds content items below the current one, each with its children before the next.
class ContentTree {
 public:
  explicit ContentTree(DSRDocumentTree& tree) : tree_(tree) {}

  template <class Children>
  void add(Relation relation, ValueType type, const Code& name, Children&& children) {
    if (tree_.addContentItem(relation, type, DSRTypes::AM_belowCurrent) == 0) {
      throw_not_made("report", "an item is not allowed in its place");
    }
    check(item().setConceptName(coded(name)));
    children(item());
    tree_.goUp();
  }

  template <class Children>
  void container(const Code& name, const char* templ, Children&& children) {
    add(kContains, DSRTypes::VT_Container, name, [&](DSRContentItem& added) {
      if (templ) check(added.setTemplateIdentification(templ, "DCMR"));
      children();
    });
  }
  void text(Relation relation, const Code& name, const std::string& value) {
    add(relation, DSRTypes::VT_Text, name, [&](DSRContentItem& added) { check(added.setStringValue(value.c_str())); });
  }
  void uid(Relation relation, const Code& name, const std::string& value) {
    add(relation, DSRTypes::VT_UIDRef, name,
        [&](DSRContentItem& added) { check(added.setStringValue(value.c_str())); });
  }
  void code(Relation relation, const Code& name, const Code& value) {
    add(relation, DSRTypes::VT_Code, name, [&](DSRContentItem& added) { check(added.setCodeValue(coded(value))); });
  }
  void number(const Code& name, double value, int digits, const Code& unit, const Code* derivation = nullptr) {
    add(kContains, DSRTypes::VT_Num, name, [&](DSRContentItem& added) {
      check(added.setNumericValue(DSRNumericMeasurementValue(hepatica::number(value, digits).c_str(), coded(unit))));
      if (derivation) code(kModifier, kDerivation, *derivation);
    });
  }
  void image(Relation relation, const Code* name, const DSRImageReferenceValue& image) {
    if (tree_.addContentItem(relation, DSRTypes::VT_Image, DSRTypes::AM_belowCurrent) == 0) {
      throw_not_made("report", "an image is not allowed in its place");
    }
    if (name) check(item().setConceptName(coded(*name)));
    check(item().setImageReference(image));
    tree_.goUp();
  }

 private:
  DSRContentItem& item() { return tree_.getCurrentContentItem(); }

  DSRDocumentTree& tree_;
};

void add_observer(ContentTree& tree, const Findings& findings) {
  tree.code(kModifier, kLanguage, kEnglish);
  tree.code(kContext, kObserverType, kDevice);
  tree.uid(kContext, kDeviceUid, name_based_uid("device|hepatica " + findings.software_version));
  tree.text(kContext, kDeviceName, kManufacturer);
  tree.text(kContext, kDeviceManufacturer, kManufacturer);
  tree.text(kContext, kDeviceModel, kManufacturer);
  tree.text(kContext, kDeviceSerial, findings.software_version);
  tree.code(kModifier, kProcedure, kTomography);
}

struct Group {
  std::string tracking_id;
  std::string tracking_uid;
  Code finding;
  Code site;
};

void add_tracking(ContentTree& tree, const Group& group) {
  tree.text(kContext, kTrackingId, group.tracking_id);
  tree.uid(kContext, kTrackingUid, group.tracking_uid);
  tree.code(kContains, kFinding, group.finding);
}

// TID 1411: what is measured in a segment of the segmentation.
template <class Measure>
void add_volume_group(ContentTree& tree, const Group& group, const DerivedObject& object, const Findings& findings,
                      Uint16 segment, Measure&& measure) {
  tree.container(kGroup, "1411", [&] {
    add_tracking(tree, group);
    DSRImageReferenceValue reference(UID_SegmentationStorage,
                                     object.uid(std::string(kSegmentationRole) + " instance").c_str());
    reference.getSegmentList().addItem(segment);
    tree.image(kContains, &kReferencedSegment, reference);
    tree.uid(kContains, kSourceSeries, object.source().series_instance_uid);
    tree.code(kModifier, kFindingSite, group.site);
    tree.text(kModifier, kAlgorithmName, kManufacturer);
    tree.text(kModifier, kAlgorithmVersion, findings.software_version);
    measure();
  });
}

std::string probabilities_text(const LesionFinding& lesion) {
  std::string text = lesion.type == LesionType::kUnknown ? "The type is indeterminate: none is likely enough. " : "";
  text += "Probabilities of the four types: ";
  for (int channel = 0; channel < kLesionTypes; ++channel) {
    text += (channel == 0 ? "" : ", ") + std::string(lesion_codes(lesion_type(channel)).name) + " " +
            number(100 * lesion.probabilities[static_cast<size_t>(channel)], 0) + " %";
  }
  return text;
}

std::string place_text(const LesionFinding& lesion) {
  return std::string(lesion.recist_measurable ? "Measurable" : "Not measurable") + " by RECIST 1.1." +
         (lesion.place.empty() ? "" : " It lies in the " + lesion.place + ".");
}

void add_measurements(ContentTree& tree, const LesionFinding& lesion) {
  tree.number(kVolume, lesion.volume_ml, 3, kMillilitre);
  tree.number(kLongAxis, lesion.diameter_mm, 1, kMillimetre);
  tree.number(kShortAxis, lesion.perpendicular_mm, 1, kMillimetre);
  if (lesion.surface_distance_mm) tree.number(kSurfaceDistance, *lesion.surface_distance_mm, 1, kMillimetre);
  tree.number(kAttenuation, lesion.mean_hu, 1, kHounsfield, &kMean);
  tree.number(kAttenuation, lesion.sd_hu, 1, kHounsfield, &kDeviation);
  tree.number(kCertainty, 100 * lesion.detection_probability, 1, kPercent);
  tree.text(kContains, kComment, place_text(lesion));
  const double malignant = lesion.probabilities[static_cast<size_t>(class_channel(LesionType::kHcc))] +
                           lesion.probabilities[static_cast<size_t>(class_channel(LesionType::kMetastasis))];
  tree.number(kCancer, 100 * malignant, 1, kPercent);
  if (lesion.type != LesionType::kUnknown) {
    tree.code(kContains, kMalignancy, is_malignant(lesion.type) ? kMalignant : kBenign);
  }
  tree.text(kContains, kComment, probabilities_text(lesion));
}

// The image of a slice, or null where the slice was mixed of two.
const SourceInstance* image_of(const SourceIdentity& source, int64_t z) {
  if (z < 0 || z >= static_cast<int64_t>(source.slices.size())) return nullptr;
  const std::vector<int>& slice = source.slices[static_cast<size_t>(z)];
  return slice.size() == 1 ? &source.instances[static_cast<size_t>(slice[0])] : nullptr;
}

// The box of a mask in the slice where it covers most pixels, of those that are one image; nothing of an empty mask.
std::optional<FindingBox> largest_box(const Mask& mask, const SourceIdentity& source) {
  const int64_t width = mask.geometry.size[0];
  const int64_t height = mask.geometry.size[1];
  std::optional<FindingBox> largest;
  int64_t most = 0;
  for (int64_t z = 0; z < mask.geometry.size[2]; ++z) {
    if (!image_of(source, z)) continue;
    FindingBox box{z, {width, height}, {-1, -1}};
    int64_t pixels = 0;
    const uint8_t* slice = mask.voxels.data() + z * width * height;
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        if (slice[y * width + x] == 0) continue;
        ++pixels;
        box.min = {std::min(box.min[0], x), std::min(box.min[1], y)};
        box.max = {std::max(box.max[0], x), std::max(box.max[1], y)};
      }
    }
    if (pixels > most) largest = box;
    most = std::max(most, pixels);
  }
  return largest;
}

// TID 1410: a box in one image. Coordinates are (column, row) with (0, 0) at the corner of the first pixel.
void add_box(ContentTree& tree, const Group& group, const FindingBox& box, const SourceInstance& instance) {
  tree.container(kGroup, "1410", [&] {
    add_tracking(tree, group);
    tree.add(kContains, DSRTypes::VT_SCoord, kImageRegion, [&](DSRContentItem& item) {
      DSRSpatialCoordinatesValue region(DSRTypes::GT_Polyline);
      const auto x0 = static_cast<float>(box.min[0]);
      const auto y0 = static_cast<float>(box.min[1]);
      const auto x1 = static_cast<float>(box.max[0] + 1);
      const auto y1 = static_cast<float>(box.max[1] + 1);
      for (const auto& [x, y] : {std::pair(x0, y0), {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}}) {
        region.getGraphicDataList().addItem(x, y);
      }
      check(item.setSpatialCoordinates(region));
      DSRImageReferenceValue image(instance.sop_class_uid.c_str(), instance.sop_instance_uid.c_str());
      if (instance.frame) image.getFrameList().addItem(*instance.frame);
      tree.image(kSelectedFrom, nullptr, image);
    });
    tree.code(kModifier, kFindingSite, group.site);
  });
}

// Viewers look for a place of every group, and OHIF opens no report that has a tracking UID without one.
void add_structure(ContentTree& tree, const DerivedObject& object, const Findings& findings) {
  const Code structure = structure_code(findings.structure);
  const Group group{"hepatica " + findings.structure, object.tracking_uid(0), structure, structure};
  add_volume_group(tree, group, object, findings, 1, [&] {
    tree.number(kVolume, findings.structure_ml, 1, kMillilitre);
    if (findings.lesions.empty()) return;
    tree.text(kContains, kComment, "The volume is with the lesions, which are segments of their own.");
  });
  const auto box = largest_box(*findings.structure_mask, object.source());
  if (box) add_box(tree, group, *box, *image_of(object.source(), box->slice));
}

// The slice with the longest diameter comes first: viewers that show one region of a lesion take the first.
std::vector<FindingBox> boxes_in_order(const LesionFinding& lesion) {
  std::vector<FindingBox> boxes = lesion.boxes;
  std::stable_partition(boxes.begin(), boxes.end(),
                        [&](const FindingBox& box) { return box.slice == lesion.diameter_slice; });
  return boxes;
}

void add_lesion(ContentTree& tree, const LesionFinding& lesion, Uint16 segment, const DerivedObject& object,
                const Findings& findings) {
  const Group group{DerivedObject::tracking_id(lesion.id), object.tracking_uid(lesion.id),
                    lesion_codes(lesion.type).finding, structure_code(findings.structure)};
  add_volume_group(tree, group, object, findings, segment, [&] { add_measurements(tree, lesion); });
  for (const FindingBox& box : boxes_in_order(lesion)) {
    if (const SourceInstance* image = image_of(object.source(), box.slice)) add_box(tree, group, box, *image);
  }
}

std::string count_text(const Findings& findings) {
  if (!findings.lesion_mask) return "Lesions were not looked for.";
  const size_t count = findings.lesions.size();
  return count == 0 ? "No lesions were found." : std::to_string(count) + " lesions were found.";
}

void add_evaluations(ContentTree& tree, const Findings& findings) {
  tree.container(kEvaluations, nullptr, [&] {
    tree.text(kContains, kComment, std::string(kNotice) + " Made by an algorithm, and read by nobody.");
    tree.text(kContains, kComment, count_text(findings));
    for (const NetworkIdentity& network : findings.networks) {
      tree.text(kContains, kComment,
                "Network for " + network.task + ": " + network.kind +
                    (network.version.empty() ? "" : " " + network.version) + ", SHA-256 " + network.sha256);
    }
    if (!findings.contrast.empty()) {
      tree.text(kContains, kComment, "Contrast phase, told from HU: " + findings.contrast + ".");
    }
    for (const std::string& doubt : findings.doubts) tree.text(kContains, kComment, "In doubt: " + doubt);
  });
}

void fill_tree(DSRDocumentTree& document, const DerivedObject& object, const Findings& findings) {
  if (document.addContentItem(DSRTypes::RT_isRoot, DSRTypes::VT_Container) == 0) {
    throw_not_made("report", "it has no root");
  }
  check(document.getCurrentContentItem().setConceptName(coded(kReportTitle)));
  check(document.getCurrentContentItem().setTemplateIdentification("1500", "DCMR"));
  ContentTree tree(document);
  add_observer(tree, findings);
  tree.container(kMeasurements, nullptr, [&] {
    add_structure(tree, object, findings);
    Uint16 segment = 1;
    for (const LesionFinding& lesion : findings.lesions) add_lesion(tree, lesion, ++segment, object, findings);
  });
  add_evaluations(tree, findings);
}

void refer_to_evidence(DSRDocument& document, const DerivedObject& object) {
  const SourceIdentity& source = object.source();
  auto& evidence = document.getCurrentRequestedProcedureEvidence();
  for (const SourceInstance& instance : source.instances) {
    check(evidence.addItem(source.study_instance_uid.c_str(), source.series_instance_uid.c_str(),
                           instance.sop_class_uid.c_str(), instance.sop_instance_uid.c_str()));
  }
  const std::string role = kSegmentationRole;
  check(evidence.addItem(source.study_instance_uid.c_str(), object.uid(role + " series").c_str(),
                         UID_SegmentationStorage, object.uid(role + " instance").c_str()));
}

}  // namespace

EncodedObject make_report(const Findings& findings, Run& run) {
  const DerivedObject object(findings, run);
  DSRDocument document(DSRTypes::DT_Comprehensive3DSR);
  check(document.setSpecificCharacterSetType(DSRTypes::CS_UTF8));
  check(document.setPreliminaryFlag(DSRTypes::PF_Preliminary));
  fill_tree(document.getTree(), object, findings);
  refer_to_evidence(document, object);
  check(document.completeDocument());
  DcmFileFormat file;
  DcmDataset& dataset = *file.getDataset();
  check(document.write(dataset));
  object.put_identity(dataset, kReportRole, "report");
  put(dataset, {0x0008, 0x0012}, EVR_DA, object.date());  // InstanceCreationDate
  put(dataset, {0x0008, 0x0013}, EVR_TM, object.time());
  put(dataset, {0x0008, 0x0023}, EVR_DA, object.date());  // ContentDate
  put(dataset, tag::kContentTime, EVR_TM, object.time());
  return object.encode(file);
}

}  // namespace hepatica
