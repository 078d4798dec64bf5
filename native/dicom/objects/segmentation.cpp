#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmfg/fgderimg.h>
#include <dcmtk/dcmfg/fgfracon.h>
#include <dcmtk/dcmfg/fgpixmsr.h>
#include <dcmtk/dcmfg/fgplanor.h>
#include <dcmtk/dcmfg/fgplanpo.h>
#include <dcmtk/dcmiod/cielabutil.h>
#include <dcmtk/dcmseg/segdoc.h>
#include <dcmtk/dcmseg/segment.h>

#include <algorithm>
#include <bitset>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/vec3.h"
#include "dicom/objects/codes.h"
#include "dicom/objects/derived_object.h"
#include "dicom/objects/findings.h"
#include "dicom/tags.h"
#include "dicom/write_dataset.h"

namespace hepatica {
namespace {

using namespace dicom;

constexpr const char* kWithoutLesions = "Without its lesions, which are segments of their own";

struct SegmentContent {
  std::string label;
  Code category;
  Code type;
  std::optional<Code> anatomy;
  Rgb colour;
  std::string tracking_id;
  std::string tracking_uid;
  const Mask* mask;
  uint8_t value = 0;  // 0: whatever is not 0
  // Voxels that have a segment of their own by this mask's values are not in this one.
  const Mask* parts = nullptr;
  std::bitset<256> part_values;

  bool holds(size_t voxel) const {
    if (value != 0) return mask->voxels[voxel] == value;
    return mask->voxels[voxel] != 0 && !(parts && part_values[parts->voxels[voxel]]);
  }
};

void check(const OFCondition& status) {
  if (status.bad()) throw_not_made("segmentation", status.text());
}

std::string capitalized(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// No voxel is in two segments: OHIF and whatever else reads with @cornerstonejs/adapters (5.14) loses segments that
// lie in others, and label maps cannot hold them.
SegmentContent structure_segment(const Findings& findings, const DerivedObject& object) {
  SegmentContent segment{capitalized(findings.structure),
                         code::kAnatomicalStructure,
                         structure_code(findings.structure),
                         std::nullopt,
                         structure_colour(findings.structure),
                         "hepatica " + findings.structure,
                         object.tracking_uid(0),
                         findings.structure_mask.get(),
                         0,
                         findings.lesion_mask.get(),
                         {}};
  for (const LesionFinding& lesion : findings.lesions) segment.part_values.set(static_cast<uint8_t>(lesion.id));
  return segment;
}

std::vector<SegmentContent> segments_of(const Findings& findings, const DerivedObject& object) {
  std::vector<SegmentContent> segments{structure_segment(findings, object)};
  for (const LesionFinding& lesion : findings.lesions) {
    const LesionCodes& codes = lesion_codes(lesion.type);
    segments.push_back({"Lesion " + std::to_string(lesion.id) + ": " + codes.name,
                        code::kAbnormalStructure,
                        codes.morphology,
                        structure_code(findings.structure),
                        lesion_colour(lesion.type),
                        DerivedObject::tracking_id(lesion.id),
                        object.tracking_uid(lesion.id),
                        findings.lesion_mask.get(),
                        static_cast<uint8_t>(lesion.id),
                        nullptr,
                        {}});
  }
  return segments;
}

void set_code(CodeSequenceMacro& into, const Code& from) { check(into.set(from.value, from.scheme, from.meaning)); }

void describe_algorithm(DcmSegment& segment, const Findings& findings) {
  AlgorithmIdentificationMacro& algorithm = segment.getSegmentationAlgorithmIdentification();
  set_code(algorithm.getAlgorithmFamilyCode(), code::kArtificialIntelligence);
  check(algorithm.setAlgorithmName("hepatica"));
  check(algorithm.setAlgorithmVersion(findings.software_version.c_str()));
  std::string networks;
  for (const NetworkIdentity& network : findings.networks) {
    networks += (networks.empty() ? "" : "; ") + network.task + ": " + network.kind + " SHA-256 " + network.sha256;
  }
  if (!networks.empty()) check(algorithm.setAlgorithmParameters(networks.c_str()));
}

void add_segment(DcmSegmentation& document, const SegmentContent& content, const Findings& findings) {
  CodeSequenceMacro category;
  CodeSequenceMacro type;
  set_code(category, content.category);
  set_code(type, content.type);
  DcmSegment* segment = nullptr;
  check(DcmSegment::create(segment, content.label.c_str(), category, type, DcmSegTypes::SAT_AUTOMATIC, "hepatica"));
  std::unique_ptr<DcmSegment> owned(segment);
  if (content.anatomy) set_code(segment->getGeneralAnatomyCode().getAnatomicRegion(), *content.anatomy);
  if (content.part_values.any()) check(segment->setSegmentDescription(kWithoutLesions));
  check(segment->setTrackingID(content.tracking_id.c_str()));
  check(segment->setTrackingUID(content.tracking_uid.c_str()));
  double lab[3];
  IODCIELabUtil::rgb2DicomLab(lab[0], lab[1], lab[2], content.colour[0] / 255.0, content.colour[1] / 255.0,
                              content.colour[2] / 255.0);
  const auto rounded = [](double value) { return static_cast<Uint16>(std::lround(std::clamp(value, 0.0, 65535.0))); };
  check(segment->setRecommendedDisplayCIELabValue(rounded(lab[0]), rounded(lab[1]), rounded(lab[2])));
  describe_algorithm(*segment, findings);
  Uint16 number = 0;
  check(document.addSegment(owned.release(), number));
}

void add_shared_groups(DcmSegmentation& document, const Geometry& geometry) {
  const Mat3& d = geometry.direction;
  const Vec3 normal = cross({d[0], d[3], d[6]}, {d[1], d[4], d[7]});
  // Of a leaning stack (gantry tilt) the distance of planes, not of voxels.
  const double between = geometry.spacing_mm[2] * std::abs(dot(normal, {d[2], d[5], d[8]}));
  FGPixelMeasures measures;
  check(measures.setPixelSpacing(decimal_strings({geometry.spacing_mm[1], geometry.spacing_mm[0]}).c_str()));
  check(measures.setSliceThickness(decimal_string(between).c_str()));
  check(measures.setSpacingBetweenSlices(decimal_string(between).c_str()));
  check(document.addForAllFrames(measures));
  FGPlaneOrientationPatient orientation;
  std::vector<std::string> cosines;
  for (const double cosine : orientation_of(geometry)) cosines.push_back(decimal_string(cosine));
  check(orientation.setImageOrientationPatient(cosines[0].c_str(), cosines[1].c_str(), cosines[2].c_str(),
                                               cosines[3].c_str(), cosines[4].c_str(), cosines[5].c_str()));
  check(document.addForAllFrames(orientation));
}

std::unique_ptr<FGDerivationImage> derivation_of(const SourceIdentity& source, int64_t z) {
  OFVector<ImageSOPInstanceReferenceMacro> images;
  for (const int index : source.slices[static_cast<size_t>(z)]) {
    const SourceInstance& instance = source.instances[static_cast<size_t>(index)];
    ImageSOPInstanceReferenceMacro image;
    check(image.setReferencedSOPClassUID(instance.sop_class_uid.c_str()));
    check(image.setReferencedSOPInstanceUID(instance.sop_instance_uid.c_str()));
    if (instance.frame) check(image.addReferencedFrameNumber(static_cast<Uint16>(*instance.frame)));
    images.push_back(image);
  }
  std::unique_ptr<FGDerivationImage> derivation(DcmSegmentation::createDerivationImageFG(images, kNotice));
  if (!derivation) throw_not_made("segmentation", "its source images cannot be named");
  return derivation;
}

void add_frame(DcmSegmentation& document, const Geometry& geometry, const SourceIdentity& source, Uint16 segment,
               int64_t z, std::vector<Uint8>& pixels) {
  FGFrameContent content;
  check(content.setDimensionIndexValues(segment, 0));
  check(content.setDimensionIndexValues(static_cast<Uint32>(z + 1), 1));
  FGPlanePosPatient plane;
  const Vec3 position = geometry.position_mm({0, 0, static_cast<double>(z)});
  check(plane.setImagePositionPatient(decimal_string(position[0]).c_str(), decimal_string(position[1]).c_str(),
                                      decimal_string(position[2]).c_str()));
  const std::unique_ptr<FGDerivationImage> derivation = derivation_of(source, z);
  OFVector<FGBase*> groups;
  groups.push_back(&content);
  groups.push_back(&plane);
  groups.push_back(derivation.get());
  check(document.addFrame(pixels.data(), segment, groups));
}

// The bits of all frames one after the other, the first in the lowest bit (PS3.5 section 8.1.1). DCMTK 3.6.7 loses
// those of the last byte where they do not fill it.
class FrameBits {
 public:
  void add(const std::vector<Uint8>& pixels) {
    for (const Uint8 pixel : pixels) {
      if (count_ % 8 == 0) bytes_.push_back(0);
      if (pixel != 0) bytes_.back() |= static_cast<Uint8>(1u << (count_ % 8));
      ++count_;
    }
  }
  void put(DcmItem& dataset) {
    if (bytes_.size() % 2 != 0) bytes_.push_back(0);
    check(dataset.putAndInsertUint8Array(DCM_PixelData, bytes_.data(), static_cast<unsigned long>(bytes_.size())));
  }

 private:
  std::vector<Uint8> bytes_;
  size_t count_ = 0;
};

FrameBits add_frames(DcmSegmentation& document, const std::vector<SegmentContent>& segments,
                     const SourceIdentity& source, Run& run) {
  FrameBits bits;
  const Geometry& geometry = segments.front().mask->geometry;
  std::vector<Uint8> pixels(static_cast<size_t>(geometry.slice_pixels()));
  bool any = false;
  for (size_t i = 0; i < segments.size(); ++i) {
    const SegmentContent& segment = segments[i];
    for (int64_t z = 0; z < geometry.slice_count(); ++z) {
      run.check_cancelled();
      const size_t first = static_cast<size_t>(z) * pixels.size();
      for (size_t pixel = 0; pixel < pixels.size(); ++pixel) pixels[pixel] = segment.holds(first + pixel) ? 1 : 0;
      if (std::ranges::find(pixels, Uint8{1}) == pixels.end()) continue;
      add_frame(document, geometry, source, static_cast<Uint16>(i + 1), z, pixels);
      bits.add(pixels);
      any = true;
    }
  }
  if (any) return bits;
  // DICOM asks for a frame: where nothing was found, one without a voxel.
  std::ranges::fill(pixels, Uint8{0});
  add_frame(document, geometry, source, 1, 0, pixels);
  bits.add(pixels);
  return bits;
}

void refer_to_series(DcmSegmentation& document, const SourceIdentity& source) {
  auto item = std::make_unique<IODSeriesAndInstanceReferenceMacro::ReferencedSeriesItem>();
  check(item->setSeriesInstanceUID(source.series_instance_uid.c_str()));
  const std::string* last = nullptr;
  for (const SourceInstance& instance : source.instances) {
    if (last && *last == instance.sop_instance_uid) continue;  // the frames of one object
    last = &instance.sop_instance_uid;
    check(item->addReference(instance.sop_class_uid.c_str(), instance.sop_instance_uid.c_str()));
  }
  document.getCommonInstanceReference().getReferencedSeriesItems().push_back(item.release());
}

void describe_document(DcmSegmentation& document, const DerivedObject& object) {
  const SourceIdentity& source = object.source();
  check(document.getStudy().setStudyInstanceUID(source.study_instance_uid.c_str()));
  check(document.getSeries().setSeriesInstanceUID(object.uid("segmentation series").c_str()));
  check(document.getSeries().setSeriesNumber("1"));
  check(document.getFrameOfReference().setFrameOfReferenceUID(source.frame_of_reference_uid.c_str()));
  check(document.getFrameOfReference().setPositionReferenceIndicator(source.position_reference.c_str()));
  if (source.lossy && !source.lossy_ratio.empty() && !source.lossy_method.empty()) {
    document.setLossyImageCompressionFlag(source.lossy_ratio.c_str(), source.lossy_method.c_str(), OFFalse);
  }
  const std::string organization = object.uid("dimension organization");
  IODMultiframeDimensionModule& dimensions = document.getDimensions();
  check(dimensions.addDimensionIndex(DCM_ReferencedSegmentNumber, organization.c_str(),
                                     DCM_SegmentIdentificationSequence, "Segment"));
  check(
      dimensions.addDimensionIndex(DCM_ImagePositionPatient, organization.c_str(), DCM_PlanePositionSequence, "Slice"));
}

std::unique_ptr<DcmSegmentation> create_document(const Findings& findings) {
  const Geometry& geometry = findings.geometry();
  const IODGeneralEquipmentModule::EquipmentInfo equipment(
      kManufacturer, kManufacturer, findings.software_version.c_str(), findings.software_version.c_str());
  ContentIdentificationMacro content;
  check(content.setInstanceNumber("1"));
  check(content.setContentLabel("HEPATICA"));
  check(content.setContentDescription(kNotice));
  check(content.setContentCreatorName("hepatica"));
  DcmSegmentation* document = nullptr;
  check(DcmSegmentation::createBinarySegmentation(document, static_cast<Uint16>(geometry.size[1]),
                                                  static_cast<Uint16>(geometry.size[0]), equipment, content));
  return std::unique_ptr<DcmSegmentation>(document);
}

}  // namespace

EncodedObject make_segmentation(const Findings& findings, Run& run) {
  const DerivedObject object(findings, run);
  const std::vector<SegmentContent> segments = segments_of(findings, object);
  const std::unique_ptr<DcmSegmentation> document = create_document(findings);
  describe_document(*document, object);
  refer_to_series(*document, object.source());
  for (const SegmentContent& segment : segments) add_segment(*document, segment, findings);
  add_shared_groups(*document, findings.geometry());
  FrameBits bits = add_frames(*document, segments, object.source(), run);
  DcmFileFormat file;
  DcmDataset& dataset = *file.getDataset();
  check(document->writeDataset(dataset));
  bits.put(dataset);
  object.put_identity(dataset, kSegmentationRole, "segmentation");
  put(dataset, {0x0008, 0x0023}, EVR_DA, object.date());  // ContentDate
  put(dataset, {0x0008, 0x0033}, EVR_TM, object.time());
  put(dataset, {0x0062, 0x0013}, EVR_CS, "NO");  // SegmentsOverlap
  if (object.source().lossy) put(dataset, tag::kLossyImageCompression, EVR_CS, "01");
  return object.encode(file);
}

}  // namespace hepatica
