// Labels that others drew: DICOM Segmentation and RT Structure Set, on the grid of the series that they refer to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/input_file.h"
#include "core/run.h"
#include "core/source_identity.h"
#include "core/volume.h"

namespace hepatica {

struct LabelledMask {
  Mask mask;
  std::vector<std::string> names;  // of the values 1, 2, ...: the labels of the segments, or the names of the regions
};

// Of a SEG (binary, fractional from half of its maximum on, or label map) or an RTSTRUCT. `segments` chooses by number,
// label, or code ("SCT:10200004"), and the mask is 0 or 1; where it is empty all are read, each with its place from 1
// as its value, later ones over earlier ones (OVERLAPPING_SEGMENTS warns). Throws Error FILE_NOT_FOUND or
// UNREADABLE_FILE, NOT_DICOM, CORRUPT_FILE, UNSUPPORTED_FORMAT for other objects, LABEL_OF_OTHER_SERIES,
// LABEL_GEOMETRY_MISMATCH, SEGMENT_NOT_FOUND, INVALID_VALUE.
LabelledMask read_dicom_labels(const InputFile& file, const SourceIdentity& source, const Geometry& grid,
                               const std::vector<std::string>& segments, Run& run);

// The SEG or RTSTRUCT at `path`, a file or a folder that holds nothing else; nullopt where other objects lie there.
// Throws Error FILE_NOT_FOUND, UNREADABLE_FILE, EMPTY_FOLDER; AMBIGUOUS_SERIES where a folder holds several.
std::optional<std::string> find_label_object(const std::string& path);

}  // namespace hepatica
