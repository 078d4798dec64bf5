// Reading CT series: files are found by content, grouped to series, ordered by position, checked and decoded to HU.
#pragma once

#include <string>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "dicom/report.h"

namespace hepatica {

struct ReadSeriesOptions {
  std::string series = {};        // SeriesInstanceUID where the source holds several; empty: the only one
  int phase = -1;                 // sub-volume as numbered by list_series; -1: the only one
  bool interpolate_gaps = false;  // resample missing and unevenly spaced slices instead of rejecting them
  bool raw = false;               // accept objects without RescaleSlope and RescaleIntercept: stored values as they are
};

struct SeriesVolume {
  Volume volume;
  SeriesReport report;
};

// `paths` are files, folders (searched with their sub-folders) or DICOMDIR files. Throws Error; codes: NOT_FOUND,
// EMPTY_FOLDER, NO_DICOM, NOT_DICOM, CORRUPT_FILE, WRONG_MODALITY, LOCALIZER, SECONDARY_CAPTURE, COLOR_IMAGE,
// DERIVED_IMAGE, AMBIGUOUS_SERIES, AMBIGUOUS_PHASE, MULTIPLE_PATIENTS, MULTIPLE_STUDIES, SERIES_NOT_FOUND,
// PHASE_NOT_FOUND, MISSING_SLICE, IRREGULAR_SPACING, DUPLICATE_POSITION, MISSING_GEOMETRY, MISSING_RESCALE,
// MIXED_FRAME_OF_REFERENCE, UNSUPPORTED_TRANSFER_SYNTAX, UNSUPPORTED_ORIENTATION, UNSUPPORTED_PIXEL_FORMAT,
// INVALID_VALUE, VOLUME_TOO_LARGE, UNREADABLE_FILE.
SeriesVolume read_series(const std::vector<std::string>& paths, const ReadSeriesOptions& options, Run& run);

// Every series found, sorted by UID, with its sub-volumes and, if it cannot be read as a CT volume, the reason.
std::vector<SeriesSummary> list_series(const std::vector<std::string>& paths, Run& run);

}  // namespace hepatica
