#include <dcmtk/dcmdata/dcuid.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "dicom/objects/codes.h"
#include "dicom/objects/contours.h"
#include "dicom/objects/derived_object.h"
#include "dicom/objects/findings.h"
#include "dicom/tags.h"
#include "dicom/write_dataset.h"

namespace hepatica {
namespace {

using namespace dicom;

constexpr const char* kDetachedStudy = "1.2.840.10008.3.1.2.3.1";

struct Region {
  int number;
  std::string name;
  Rgb colour;
  const Mask* mask;
  uint8_t value;  // 0: whatever is not 0
};

DcmItem& new_item(DcmItem& parent, Tag sequence) {
  DcmItem* item = nullptr;
  if (parent.findOrCreateSequenceItem(DcmTag(sequence.group, sequence.element, DcmVR(EVR_SQ)), item, -2).bad()) {
    throw_not_made("structure set", "an item cannot be added");
  }
  return *item;
}

std::vector<Region> regions_of(const Findings& findings) {
  std::vector<Region> regions;
  regions.push_back({1, findings.structure, structure_colour(findings.structure), findings.structure_mask.get(), 0});
  for (const LesionFinding& lesion : findings.lesions) {
    regions.push_back({static_cast<int>(regions.size()) + 1,
                       "lesion " + std::to_string(lesion.id) + " " + lesion_codes(lesion.type).name,
                       lesion_colour(lesion.type), findings.lesion_mask.get(), static_cast<uint8_t>(lesion.id)});
  }
  return regions;
}

void put_image(DcmItem& item, const SourceInstance& instance) {
  put(item, {0x0008, 0x1150}, EVR_UI, instance.sop_class_uid);
  put(item, {0x0008, 0x1155}, EVR_UI, instance.sop_instance_uid);
  if (instance.frame) put(item, {0x0008, 0x1160}, EVR_IS, std::to_string(*instance.frame));
}

void put_references(DcmDataset& dataset, const SourceIdentity& source) {
  DcmItem& frame = new_item(dataset, {0x3006, 0x0010});
  put(frame, tag::kFrameOfReferenceUid, EVR_UI, source.frame_of_reference_uid);
  DcmItem& study = new_item(frame, {0x3006, 0x0012});
  put(study, {0x0008, 0x1150}, EVR_UI, kDetachedStudy);
  put(study, {0x0008, 0x1155}, EVR_UI, source.study_instance_uid);
  DcmItem& series = new_item(study, {0x3006, 0x0014});
  put(series, tag::kSeriesInstanceUid, EVR_UI, source.series_instance_uid);
  for (const SourceInstance& instance : source.instances) put_image(new_item(series, {0x3006, 0x0016}), instance);
}

// LPS mm, to the micrometre.
std::string contour_data(const Contour& contour, const Geometry& geometry, int64_t z) {
  std::string text;
  char number[32];
  for (const auto& [x, y] : contour) {
    for (const double mm : geometry.position_mm({x, y, static_cast<double>(z)})) {
      std::snprintf(number, sizeof(number), "%.3f", mm);
      if (!text.empty()) text += '\\';
      text += number;
    }
  }
  return text;
}

void put_contours(DcmItem& roi, const Region& region, const SourceIdentity& source, Run& run) {
  const Geometry& geometry = region.mask->geometry;
  for (int64_t z = 0; z < geometry.slice_count(); ++z) {
    run.check_cancelled();
    const uint8_t* slice = region.mask->slice(z);
    const auto is_inside = [&](int64_t x, int64_t y) {
      const uint8_t voxel = slice[y * geometry.size[0] + x];
      return region.value == 0 ? voxel != 0 : voxel == region.value;
    };
    for (const Contour& contour : keyhole_contours(geometry.size[0], geometry.size[1], is_inside)) {
      DcmItem& item = new_item(roi, {0x3006, 0x0040});
      for (const int index : source.slices[static_cast<size_t>(z)]) {
        put_image(new_item(item, {0x3006, 0x0016}), source.instances[static_cast<size_t>(index)]);
      }
      put(item, {0x3006, 0x0042}, EVR_CS, "CLOSED_PLANAR");
      put(item, {0x3006, 0x0046}, EVR_IS, std::to_string(contour.size()));
      put(item, {0x3006, 0x0050}, EVR_DS, contour_data(contour, geometry, z));
    }
  }
}

void put_region(DcmDataset& dataset, const Region& region, const SourceIdentity& source, Run& run) {
  const std::string number = std::to_string(region.number);
  DcmItem& roi = new_item(dataset, {0x3006, 0x0020});
  put(roi, {0x3006, 0x0022}, EVR_IS, number);
  put(roi, {0x3006, 0x0024}, EVR_UI, source.frame_of_reference_uid);
  put(roi, {0x3006, 0x0026}, EVR_LO, region.name);
  put(roi, {0x3006, 0x0036}, EVR_CS, "AUTOMATIC");
  DcmItem& contours = new_item(dataset, {0x3006, 0x0039});
  const Rgb& colour = region.colour;
  put(contours, {0x3006, 0x002a}, EVR_IS,
      std::to_string(colour[0]) + "\\" + std::to_string(colour[1]) + "\\" + std::to_string(colour[2]));
  put_contours(contours, region, source, run);
  put(contours, {0x3006, 0x0084}, EVR_IS, number);
  DcmItem& observation = new_item(dataset, {0x3006, 0x0080});
  put(observation, {0x3006, 0x0082}, EVR_IS, number);
  put(observation, {0x3006, 0x0084}, EVR_IS, number);
  put(observation, {0x3006, 0x00a4}, EVR_CS, region.number == 1 ? "ORGAN" : "");
  put(observation, {0x3006, 0x00a6}, EVR_PN, "");
}

}  // namespace

EncodedObject make_structure_set(const Findings& findings, Run& run) {
  const DerivedObject object(findings, run);
  DcmFileFormat file;
  DcmDataset& dataset = *file.getDataset();
  put(dataset, tag::kSopClassUid, EVR_UI, UID_RTStructureSetStorage);
  put(dataset, tag::kModality, EVR_CS, "RTSTRUCT");
  object.put_identity(dataset, kStructureSetRole, "contours");
  put(dataset, {0x0008, 0x1070}, EVR_PN, "");  // OperatorsName
  put(dataset, tag::kFrameOfReferenceUid, EVR_UI, object.source().frame_of_reference_uid);
  put(dataset, tag::kPositionReferenceIndicator, EVR_LO, object.source().position_reference);
  put(dataset, {0x3006, 0x0002}, EVR_SH, "HEPATICA");  // StructureSetLabel
  put(dataset, {0x3006, 0x0006}, EVR_ST, std::string(kNotice) + " Holes are joined to their outline by a keyhole.");
  put(dataset, {0x3006, 0x0008}, EVR_DA, object.date());  // StructureSetDate
  put(dataset, {0x3006, 0x0009}, EVR_TM, object.time());
  put_references(dataset, object.source());
  for (const Region& region : regions_of(findings)) put_region(dataset, region, object.source(), run);
  put(dataset, {0x300e, 0x0002}, EVR_CS, "UNAPPROVED");
  // ContourData can be longer than the 64 KiB that explicit VRs of decimal strings hold.
  return object.encode(file, EXS_LittleEndianImplicit);
}

}  // namespace hepatica
