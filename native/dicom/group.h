// From objects to the one volume that is asked for: series, and within a series sub-volumes that share a grid and hold
// each position once.
#pragma once

#include <string>
#include <vector>

#include "dicom/header.h"
#include "dicom/report.h"
#include "dicom/scan.h"

namespace hepatica::dicom {

struct FrameRef {
  const DicomObject* object = nullptr;
  int frame = 0;  // from 0

  const FrameHeader& header() const { return object->frames[static_cast<size_t>(frame)]; }
};

struct UnfitObject {
  const DicomObject* object;
  ExcludedFile exclusion;
  std::string field;
};

struct Series {
  std::string uid;
  std::vector<const DicomObject*> objects;  // CT images
  std::vector<UnfitObject> unfit;           // everything else

  const DicomObject& first() const { return objects.empty() ? *unfit.front().object : *objects.front(); }
  int64_t file_count() const { return static_cast<int64_t>(objects.size() + unfit.size()); }
};

struct SubVolume {
  std::string label;
  std::vector<FrameRef> frames;
};

// Sorted by SeriesInstanceUID.
std::vector<Series> group_series(const Scan& scan);

// The series called `uid`, or the only one with CT images. Throws Error AMBIGUOUS_SERIES, MULTIPLE_PATIENTS,
// MULTIPLE_STUDIES, SERIES_NOT_FOUND, or the reason why the only objects are no CT images.
const Series& choose_series(const std::vector<Series>& series, const std::string& uid);

// Objects must have passed check_objects(). Frames of other matrices, spacings or orientations are never mixed.
std::vector<SubVolume> split_grids(const std::vector<const DicomObject*>& objects);

// Throws Error AMBIGUOUS_PHASE, PHASE_NOT_FOUND.
const SubVolume& choose_phase(const std::vector<SubVolume>& volumes, int phase);

}  // namespace hepatica::dicom
