#include "dicom/objects/codes.h"

#include <algorithm>
#include <iterator>

#include "dicom/tags.h"
#include "dicom/write_dataset.h"

namespace hepatica::dicom {
namespace {

struct Structure {
  std::string_view name;
  Code code;
  Rgb colour;
};

// Colours are those of 3D Slicer's generic anatomy, which viewers know.
constexpr Structure kStructures[] = {
    {"liver", code::kLiver, {221, 130, 101}},
    {"spleen", {"78961009", "SCT", "Spleen"}, {157, 108, 162}},
    {"pancreas", {"15776009", "SCT", "Pancreas"}, {249, 180, 111}},
    {"gallbladder", {"28231008", "SCT", "Gallbladder"}, {139, 150, 98}},
    {"kidney", {"64033007", "SCT", "Kidney"}, {185, 102, 83}},
};
constexpr Structure kAnyStructure{"", {"113343008", "SCT", "Organ"}, {221, 130, 101}};

constexpr LesionCodes kLesionTable[kLesionTypes + 1] = {
    {{"367643001", "SCT", "Cyst"}, {"85057007", "SCT", "Cyst of liver"}, "cyst"},
    {{"2099007", "SCT", "Hemangioma"}, {"93469006", "SCT", "Hemangioma of liver"}, "haemangioma"},
    {{"25370001", "SCT", "Hepatocellular carcinoma"},
     {"109841003", "SCT", "Liver cell carcinoma"},
     "hepatocellular carcinoma"},
    {{"14799000", "SCT", "Neoplasm, Secondary"},
     {"94381002", "SCT", "Secondary malignant neoplasm of liver"},
     "metastasis"},
    {{"52988006", "SCT", "Lesion"}, {"300331000", "SCT", "Lesion of liver"}, "lesion of indeterminate type"},
};

const Structure& find_structure(std::string_view name) {
  const auto found = std::ranges::find(kStructures, name, &Structure::name);
  return found == std::end(kStructures) ? kAnyStructure : *found;
}

}  // namespace

Code structure_code(std::string_view structure) { return find_structure(structure).code; }
Rgb structure_colour(std::string_view structure) { return find_structure(structure).colour; }

const LesionCodes& lesion_codes(LesionType type) {
  const int channel = class_channel(type);
  return kLesionTable[channel < 0 ? kLesionTypes : channel];
}

void put_code(DcmItem& item, const Code& code) {
  put(item, {0x0008, 0x0100}, EVR_SH, code.value);
  put(item, {0x0008, 0x0102}, EVR_SH, code.scheme);
  put(item, tag::kCodeMeaning, EVR_LO, code.meaning);
}

Rgb lesion_colour(LesionType type) {
  if (type == LesionType::kUnknown) return {255, 255, 0};
  return is_malignant(type) ? Rgb{255, 0, 0} : Rgb{0, 200, 0};
}

}  // namespace hepatica::dicom
