// What was found in a series: the one content from which every DICOM object about it is made, so that they share their
// identifiers.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/lesion.h"
#include "core/run.h"
#include "core/source_identity.h"
#include "core/volume.h"

namespace hepatica {

// The first and last pixel inside, in one slice.
struct FindingBox {
  int64_t slice = 0;
  std::array<int64_t, 2> min = {0, 0};
  std::array<int64_t, 2> max = {0, 0};
};

struct LesionFinding {
  int id = 0;                              // its value in the mask
  LesionType type = LesionType::kUnknown;  // kUnknown: indeterminate
  std::array<double, kLesionTypes> probabilities{};
  double detection_probability = 0;
  double volume_ml = 0;
  double diameter_mm = 0;
  double perpendicular_mm = 0;
  int64_t diameter_slice = 0;
  bool recist_measurable = false;
  std::optional<double> surface_distance_mm;  // to the structure's surface
  std::string place;                          // in the structure, for a person; empty: not told
  double mean_hu = 0;
  double sd_hu = 0;
  std::vector<FindingBox> boxes;
};

// A network that took part.
struct NetworkIdentity {
  std::string task;  // what it finds: `liver`, `lesions`
  std::string kind;
  std::string version;
  std::string sha256;
};

struct Findings {
  SourceIdentity source;
  std::string structure = "liver";
  std::shared_ptr<const Mask> structure_mask;  // what is not 0 is inside
  double structure_ml = 0;
  std::shared_ptr<const Mask> lesion_mask;  // 0, or a lesion's id; null where no lesions were looked for
  std::vector<LesionFinding> lesions;
  std::vector<NetworkIdentity> networks;
  std::vector<std::string> doubts;
  std::string contrast;  // the phase, for a person; empty: not told
  std::string software_version;
  // YYYYMMDD and HHMMSS; empty: those of the study, so that the same input gives the same bytes.
  std::string date;
  std::string time;
  bool deidentify = false;
  // What UIDs follow from beside the series and the networks, instead of from all that was found; empty: all that was
  // found. Machines that differ in the last digits give an object one identity then.
  std::string identity;

  const Geometry& geometry() const { return structure_mask->geometry; }
};

// A DICOM object as it stands in a file.
struct EncodedObject {
  std::vector<uint8_t> bytes;
  std::string sop_class_uid;
  std::string sop_instance_uid;
  std::string series_instance_uid;
};

// All throw Error GEOMETRY_MISMATCH where the masks do not lie on the slices of the source, INVALID_ARGUMENT for a grid
// that the object cannot hold.

// Segmentation Storage, BINARY: the structure without its lesions and a segment for each lesion, on the grid of the
// series.
EncodedObject make_segmentation(const Findings& findings, Run& run);

// Comprehensive 3D SR, TID 1500: a measurement group (TID 1411) for the structure and for each lesion, which refers to
// the segment of make_segmentation(), and boxes (TID 1410): of the structure where it is largest, of a lesion in each
// image.
EncodedObject make_report(const Findings& findings, Run& run);

// RT Structure Set Storage: closed planar contours, holes joined to their outline by a channel (keyhole).
EncodedObject make_structure_set(const Findings& findings, Run& run);

}  // namespace hepatica
