// Writing a volume as a series of CT Image Storage objects: for the phantom, and for validation data as DICOM.
#pragma once

#include <string>
#include <vector>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

// Empty UIDs are derived from the other attributes (2.25 + 128-bit hash), so that the same input gives the same bytes.
struct CtSeriesAttributes {
  std::string patient_id = "PHANTOM";
  std::string patient_name = "Phantom^Abdomen";
  std::string study_instance_uid = {};
  std::string series_instance_uid = {};
  std::string frame_of_reference_uid = {};
  std::string study_description = {};
  std::string series_description = {};
  std::string manufacturer = "hepatica";
  std::string contrast_agent = {};
  std::string patient_position = "HFS";
  std::string study_date = {};  // YYYYMMDD
  int series_number = 1;
  double slice_thickness_mm = 0;  // 0: the spacing of the slices
  std::string transfer_syntax_uid =
      "1.2.840.10008.1.2.1";  // explicit little endian; RLE, JPEG lossless and JPEG-LS too
};

// Writes FOLDER/CT_0001.dcm and so on, each under a temporary name first; makes the folder where it is missing. HU are
// stored as unsigned 16-bit values with an intercept of -1024: values below become -1024, fractions are rounded.
// Returns the paths in the order of z. Throws Error OUTPUT_UNWRITABLE or UNSUPPORTED_TRANSFER_SYNTAX.
std::vector<std::string> write_ct_series(const Volume& volume, const std::string& folder,
                                         const CtSeriesAttributes& attributes, Run& run);

// The same volume as one Enhanced CT Image Storage object at `path`, with the functional groups that reading needs: a
// test object, without what a scanner would say of its acquisition.
void write_enhanced_ct(const Volume& volume, const std::string& path, const CtSeriesAttributes& attributes);

}  // namespace hepatica
