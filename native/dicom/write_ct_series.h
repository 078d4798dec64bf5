// Writing a volume as a series of CT Image Storage objects: for the phantom, and for validation data as DICOM.
#pragma once

#include <string>
#include <vector>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

// Texts that are empty are written as empty elements. Empty UIDs are version-5 UUIDs over voxels, geometry and all
// attributes (dicom/uid.h): the same input gives the same bytes, any other one other UIDs.
struct CtSeriesAttributes {
  std::string patient_id = {};
  std::string patient_name = {};
  std::string study_instance_uid = {};
  std::string series_instance_uid = {};
  std::string frame_of_reference_uid = {};
  std::string study_description = {};
  std::string series_description = {};
  std::string manufacturer = "hepatica";
  std::string contrast_agent = {};
  std::string patient_position = "HFS";
  std::string study_date = {};  // YYYYMMDD
  std::string study_time = {};  // HHMMSS
  // DerivationDescription; with it the objects are DERIVED\SECONDARY, without it ORIGINAL\PRIMARY. Floats, which are
  // rounded, are never original.
  std::string derivation = {};
  bool lossy = false;  // the pixels were compressed with loss before: LossyImageCompression says so
  int series_number = 1;
  double slice_thickness_mm = 0;  // 0: the spacing of the slices
  std::string transfer_syntax_uid =
      "1.2.840.10008.1.2.1";  // explicit little endian; RLE, JPEG lossless and JPEG-LS too
};

struct WrittenSeries {
  std::vector<std::string> files;  // in the order of z
  std::string study_instance_uid;
  std::string series_instance_uid;
  std::string frame_of_reference_uid;
};

// Writes FOLDER/CT_0001.dcm and so on: into a hidden folder beside it, which is renamed when the series is whole. HU
// are stored as unsigned 16-bit values with an intercept of -1024, fractions are rounded; where values lie outside, the
// nearest is stored (air for NaN), and CLAMPED_HU is left in the run with their number. Throws Error OUTPUT_EXISTS
// where the folder is there and not empty, OUTPUT_UNWRITABLE or UNSUPPORTED_TRANSFER_SYNTAX.
WrittenSeries write_ct_series(const Volume& volume, const std::string& folder, const CtSeriesAttributes& attributes,
                              Run& run);

// The same volume as one Enhanced CT Image Storage object at `path`, with the functional groups that reading needs: a
// test object, without what a scanner would say of its acquisition.
void write_enhanced_ct(const Volume& volume, const std::string& path, const CtSeriesAttributes& attributes);

}  // namespace hepatica
