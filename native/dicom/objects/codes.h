// Coded concepts of what is found (SNOMED CT and DCM, as DICOM PS3.16 has them), and how it is coloured.
#pragma once

#include <dcmtk/dcmdata/dcitem.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/lesion.h"

namespace hepatica::dicom {

struct Code {
  const char* value;
  const char* scheme;
  const char* meaning;
};

using Rgb = std::array<uint8_t, 3>;

namespace code {
inline constexpr Code kAnatomicalStructure{"91723000", "SCT", "Anatomical Structure"};
inline constexpr Code kAbnormalStructure{"49755003", "SCT", "Morphologically Abnormal Structure"};
inline constexpr Code kLiver{"10200004", "SCT", "Liver"};
inline constexpr Code kArtificialIntelligence{"123110", "DCM", "Artificial Intelligence"};
}  // namespace code

// Of a structure that a network was trained for; of one that is not in the table, a body organ.
Code structure_code(std::string_view structure);
Rgb structure_colour(std::string_view structure);

struct LesionCodes {
  Code morphology;  // the segment's type
  Code finding;
  const char* name;
};

const LesionCodes& lesion_codes(LesionType type);
Rgb lesion_colour(LesionType type);

// CodeValue, CodingSchemeDesignator, CodeMeaning.
void put_code(DcmItem& item, const Code& code);

}  // namespace hepatica::dicom
