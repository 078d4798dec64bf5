// What reading a series found and did (SeriesReport of src/types.ts, in C++); nothing is dropped or mended without a
// line here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/run.h"
#include "core/source_identity.h"

namespace hepatica {

// Where a slice comes from; file and UID are empty for an interpolated slice. `frame` counts from 1 and is set for
// multi-frame objects only.
struct SliceSource {
  std::string file;
  std::string sop_instance_uid;
  std::optional<int> frame;
};

struct InterpolatedSlice {
  int64_t index = 0;
  // Along the slice normal (row x column direction), LPS mm.
  double position_mm = 0;
};

struct ExcludedFile {
  std::string file;
  std::string code;
  std::string reason;
};

struct SeriesReport {
  std::string patient_id;
  std::string study_instance_uid;
  std::string series_instance_uid;
  std::string frame_of_reference_uid;
  std::string series_description;
  std::string manufacturer;
  std::vector<std::string> transfer_syntaxes;
  bool lossy = false;
  std::optional<double> slice_thickness_mm;
  bool gantry_tilt = false;
  // The plane of the slices, where it was not the axial one; of such a series no slice of the volume is one of a file.
  std::string reformatted;
  std::string contrast_agent;
  std::vector<SliceSource> slices;  // in the order of z
  SourceIdentity source;
  std::vector<InterpolatedSlice> interpolated;
  std::vector<ExcludedFile> excluded;
  std::vector<Warning> repairs;
};

struct SeriesPhase {
  int phase = 0;
  std::string label;
  int64_t slices = 0;
  std::optional<Warning> problem;  // as of the series
};

struct SeriesSummary {
  std::string series_instance_uid;
  std::string study_instance_uid;
  std::string patient_id;
  std::string modality;
  std::string description;
  int64_t files = 0;
  std::vector<SeriesPhase> phases;
  // Empty if the series or one of its phases can be read as a CT volume, else why not. Pixel data is decoded for this
  // only where slices lie at one place.
  std::optional<Warning> problem;
};

}  // namespace hepatica
