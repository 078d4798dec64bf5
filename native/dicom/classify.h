// Whether an object is an image of a CT volume in HU; if not, why.
#pragma once

#include <optional>

#include "dicom/header.h"
#include "dicom/report.h"

namespace hepatica::dicom {

struct Unfit {
  const char* code;  // WRONG_MODALITY, LOCALIZER, SECONDARY_CAPTURE, COLOR_IMAGE, DERIVED_IMAGE
  std::string reason;
  Tag field;
};

std::optional<Unfit> find_unfit(const DicomObject& object);

// Virtual monoenergetic images are HU of another tube voltage: accepted, and said.
bool is_monoenergetic(const DicomObject& object);

}  // namespace hepatica::dicom
