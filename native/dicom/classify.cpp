#include "dicom/classify.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace hepatica::dicom {
namespace {

using std::string_view;

constexpr std::array<string_view, 3> kCtClasses = {
    "1.2.840.10008.5.1.4.1.1.2",    // CT Image Storage
    "1.2.840.10008.5.1.4.1.1.2.1",  // Enhanced CT Image Storage
    "1.2.840.10008.5.1.4.1.1.2.2",  // Legacy Converted Enhanced CT Image Storage
};
constexpr string_view kSecondaryCapture = "1.2.840.10008.5.1.4.1.1.7";  // and its multi-frame kin, .7.1 to .7.4

// Values of ImageType and FrameType whose pixels are no HU of the scan (PS3.3 C.8.15.3.1 and vendors' own): maps of
// material, perfusion and density, projections, and pages.
constexpr string_view kDerivedTypes[] = {
    "PERFUSION",
    "RCBF",
    "RCBV",
    "RMTT",
    "CBF",
    "CBV",
    "MTT",
    "TTP",
    "TMAX",
    "TTD",
    "PERMEABILITY",
    "ABF",
    "ABV",
    "IODINE",
    "IODINE_MAP",
    "WATER",
    "CALCIUM",
    "URIC_ACID",
    "FAT_MAP",
    "MAT_FRACTIONAL",
    "MAT_VALUE_BASED",
    "MAT_REMOVED",
    "MAT_MOD",
    "EFF_ATOMIC_NUM",
    "ELECTRON_DENSITY",
    "Z_EFF",
    "OVERLAY",
    "MIP",
    "MINIP",
    "VOLUME RENDER",
    "VRT",
    "PROJECTION IMAGE",
    "DOSE",
    "DOSE_INFO",
    "SCREEN SAVE",
};

// RescaleType whose values are no HU (PS3.3 C.11.1.1.2).
constexpr string_view kOtherUnits[] = {"OD", "MGML", "Z_EFF", "ED", "EDW", "PCT", "HU_MOD"};

bool contains(auto& list, string_view value) { return std::ranges::find(list, value) != std::end(list); }

bool is_secondary_capture(const DicomObject& object) {
  return object.sop_class_uid == kSecondaryCapture ||
         object.sop_class_uid.starts_with(std::string(kSecondaryCapture) + ".");
}

std::optional<Unfit> find_derived(const DicomObject& object) {
  for (const FrameHeader& frame : object.frames) {
    for (const std::string& value : frame.image_type) {
      if (value == "LOCALIZER") return Unfit{"LOCALIZER", "a localizer (scout), no axial slice", tag::kImageType};
      if (contains(kDerivedTypes, value)) {
        return Unfit{"DERIVED_IMAGE", "its pixels are no HU of the scan: ImageType has " + value, tag::kImageType};
      }
    }
    if (contains(kOtherUnits, frame.rescale_type)) {
      return Unfit{"DERIVED_IMAGE", "its pixels are no HU: RescaleType is " + frame.rescale_type, tag::kRescaleType};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Unfit> find_unfit(const DicomObject& object) {
  const bool ct_class = contains(kCtClasses, object.sop_class_uid);
  if (object.modality.empty() ? !ct_class && !is_secondary_capture(object) : object.modality != "CT") {
    const std::string modality = object.modality.empty() ? "absent" : object.modality;
    return Unfit{"WRONG_MODALITY", "its Modality is " + modality + ", not CT", tag::kModality};
  }
  if (is_secondary_capture(object)) {
    return Unfit{"SECONDARY_CAPTURE", "a secondary capture (screenshot, dose page)", tag::kSopClassUid};
  }
  if (!object.sop_class_uid.empty() && !ct_class) {
    return Unfit{"WRONG_MODALITY", "its SOP class " + object.sop_class_uid + " is no CT image", tag::kSopClassUid};
  }
  const std::string& photometric = object.format.photometric;
  if (object.format.samples != 1 || (!photometric.empty() && !photometric.starts_with("MONOCHROME"))) {
    return Unfit{"COLOR_IMAGE", "a colour image (" + photometric + ")", tag::kPhotometricInterpretation};
  }
  return find_derived(object);
}

bool is_monoenergetic(const DicomObject& object) {
  for (const FrameHeader& frame : object.frames) {
    for (const std::string& value : frame.image_type) {
      if (value.starts_with("MONOENERGETIC") || value.starts_with("MONO_E") || value == "VMI") return true;
    }
  }
  return false;
}

}  // namespace hepatica::dicom
