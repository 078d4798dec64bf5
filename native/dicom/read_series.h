// Reading CT series: files are found by content, grouped to series, ordered by position, checked and decoded to HU.
#pragma once

#include <string>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "core/volume_limit.h"
#include "dicom/report.h"
#include "dicom/series_intake.h"

namespace hepatica {

// What the stored values of a series are read as.
enum class PixelValues {
  kHu,      // RescaleSlope and RescaleIntercept are needed; pixel padding and what lies below air become air
  kRaw,     // as kHu, but where slope or intercept is absent the stored values are HU
  kLabels,  // as kRaw, but padding is a value as any other: in masks it is the background
  kStored,  // as they are stored, whatever the rescale and padding of the header
};

struct ReadSeriesOptions {
  std::string series = {};        // SeriesInstanceUID where the source holds several; empty: the only one
  int phase = -1;                 // sub-volume as numbered by list_series; -1: the only one
  bool interpolate_gaps = false;  // resample missing and unevenly spaced slices instead of rejecting them
  PixelValues values = PixelValues::kHu;
  VolumeLimit limit = {};
};

struct SeriesVolume {
  Volume volume;
  SeriesReport report;
};

// What was taken in is gone afterwards. Throws Error; codes: FILE_NOT_FOUND,
// EMPTY_FOLDER, NO_DICOM, NOT_DICOM, CORRUPT_FILE, WRONG_MODALITY, LOCALIZER, SECONDARY_CAPTURE, COLOR_IMAGE,
// DERIVED_IMAGE, AMBIGUOUS_SERIES, AMBIGUOUS_PHASE, MULTIPLE_PATIENTS, MULTIPLE_STUDIES, SERIES_NOT_FOUND,
// PHASE_NOT_FOUND, MISSING_SLICE, IRREGULAR_SPACING, DUPLICATE_POSITION, MISSING_GEOMETRY, MISSING_RESCALE,
// MIXED_FRAME_OF_REFERENCE, UNSUPPORTED_TRANSFER_SYNTAX, UNSUPPORTED_ORIENTATION, UNSUPPORTED_PIXEL_FORMAT,
// INVALID_VALUE, VOLUME_TOO_LARGE, UNREADABLE_FILE.
SeriesVolume read_series(SeriesIntake& intake, const ReadSeriesOptions& options, Run& run);
// `paths` are files, folders (searched with their sub-folders) or DICOMDIR files.
SeriesVolume read_series(const std::vector<std::string>& paths, const ReadSeriesOptions& options, Run& run);

// Every series found, sorted by UID, with its sub-volumes and, if it cannot be read as a CT volume, the reason.
std::vector<SeriesSummary> list_series(SeriesIntake& intake, Run& run);
std::vector<SeriesSummary> list_series(const std::vector<std::string>& paths, Run& run);

}  // namespace hepatica
