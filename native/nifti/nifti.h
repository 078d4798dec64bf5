// NIfTI-1 and NIfTI-2 files (.nii, .nii.gz). The index axes of the file are kept, so that a mask is written back onto
// the same voxels; flips are in the direction (ops/orient.h turns volumes for the networks). The file's RAS becomes
// LPS.
//
// Codes of what is thrown: NOT_FOUND, UNREADABLE_FILE, NOT_NIFTI, CORRUPT_FILE (truncated, damaged, impossible header),
// UNSUPPORTED_FORMAT (header and image in two files, RGB, complex, 128-bit numbers, more than one volume),
// VOLUME_TOO_LARGE, UNSUPPORTED_ORIENTATION (a volume's slices are not axial; in-plane axes that are not orthogonal),
// INVALID_VALUE (spacing that is zero, negative, NaN or infinite; labels that are not 0 to 255), INVALID_ARGUMENT,
// OUTPUT_UNWRITABLE.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/input_file.h"
#include "core/run.h"
#include "core/volume.h"
#include "core/volume_limit.h"

namespace hepatica {

// scl_slope and scl_inter applied; int16 where all values are whole and fit, else float. sform is preferred, else
// qform; with neither, the spacing alone counts, the axes are taken as RAS (NIfTI's method 1), and a warning
// MISSING_ORIENTATION is left in the run; SPACING_MISMATCH where the sform's voxels have another size than pixdim says.
//
// FORMS_DISAGREE where sform and qform put a corner of the volume more than a tenth of a voxel apart; NAN_VOXELS where
// numbers are NaN or infinite, which become air (-1024).
Volume read_nifti_volume(const InputFile& input, Run& run, const VolumeLimit& limit = {});

// Labels 0 to 255, whatever the file's number type.
Mask read_nifti_mask(const InputFile& input, Run& run, const VolumeLimit& limit = {});

// What a leaning slice axis (gantry tilt) becomes: kOrthonormal resamples onto a grid that ITK and others read
// (nifti/orthonormal.h) and leaves RESAMPLED_GRID in the run; kSource keeps the grid, with the sform alone, as a qform
// cannot express it. Other grids are written as they are.
enum class NiftiGrid { kOrthonormal, kSource };

// Where a file goes: under a temporary name to its path, or into memory.
struct NiftiTarget {
  NiftiTarget(std::string to) : path(std::move(to)) {}  // NOLINT(google-explicit-constructor)
  NiftiTarget(std::string to, std::shared_ptr<FileBytes> into, bool packed)
      : path(std::move(to)), memory(std::move(into)), gzip(packed) {}

  std::string path;                   // its ending says whether the file is gzipped
  std::shared_ptr<FileBytes> memory;  // null: to the path
  bool gzip = false;                  // of what goes into memory
};

// NIfTI-1, under a temporary name in the same folder, then renamed; gzip carries no time stamp. qform and sform both
// hold the geometry. The sizes must be 1 to 32767.
void write_nifti(const NiftiTarget& target, const Mask& mask, NiftiGrid grid, Run& run);
void write_nifti(const NiftiTarget& target, const Volume& volume, NiftiGrid grid, Run& run);
// On the grid as it is.
void write_nifti(const NiftiTarget& target, const Mask& mask);
void write_nifti(const NiftiTarget& target, const Volume& volume);

// True for names that end in .nii or .nii.gz, in any case.
bool is_nifti_path(const std::string& path);

}  // namespace hepatica
