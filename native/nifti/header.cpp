#include "nifti/header.h"

#include <nifti2_io.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <vector>

#include "core/error.h"
#include "core/output_marks.h"
#include "nifti/affine.h"
#include "nifti/gzip_file.h"

namespace hepatica {
namespace {

constexpr int64_t kLargestAxis = 65535;
// What lies before the voxels is extensions: texts, not volumes.
constexpr double kMostOffset = 1 << 28;
// Four bytes that announce extensions lie between the header and the voxels.
constexpr int64_t kExtensionFlagBytes = 4;
// Differences between pixdim and the sform's voxel size that rounding doesn't explain.
constexpr double kSpacingTolerance = 0.01;

[[noreturn]] void refuse(const char* code, const std::string& path, const std::string& field,
                         const std::string& message, const char* remedy = "Rewrite or convert the file.") {
  throw Error(code, path + ": " + message, path, field, remedy);
}

template <class Header>
int64_t smallest_offset() {
  return static_cast<int64_t>(sizeof(Header)) + kExtensionFlagBytes;
}

// One volume of real numbers with three axes (a single slice may leave out the third).
template <class Header>
Size3 checked_size(const Header& header, const VolumeLimit& limit, const std::string& path) {
  const auto axes = static_cast<int64_t>(header.dim[0]);
  if (axes < 1 || axes > 7)
    refuse("CORRUPT_FILE", path, "dim", "the header announces " + std::to_string(axes) + " axes");
  Size3 size = {1, 1, 1};
  for (int64_t axis = 0; axis < axes; ++axis) {
    const auto length = static_cast<int64_t>(header.dim[axis + 1]);
    if (length < 1) refuse("CORRUPT_FILE", path, "dim", "the header announces a size of " + std::to_string(length));
    if (axis >= 3 && length > 1) {
      refuse("UNSUPPORTED_FORMAT", path, "dim", "expected one volume, received " + std::to_string(length),
             "Extract one volume (3-D) from the file.");
    }
    if (length > kLargestAxis)
      refuse("VOLUME_TOO_LARGE", path, "dim", "an axis is " + std::to_string(length) + " long");
    if (axis < 3) size[axis] = length;
  }
  limit.check(size, path, "dim");
  return size;
}

bool is_real_number(int datatype) {
  constexpr int kSupported[] = {NIFTI_TYPE_UINT8,   NIFTI_TYPE_INT8,   NIFTI_TYPE_INT16, NIFTI_TYPE_UINT16,
                                NIFTI_TYPE_INT32,   NIFTI_TYPE_UINT32, NIFTI_TYPE_INT64, NIFTI_TYPE_UINT64,
                                NIFTI_TYPE_FLOAT32, NIFTI_TYPE_FLOAT64};
  return std::find(std::begin(kSupported), std::end(kSupported), datatype) != std::end(kSupported);
}

// xyzt_units: metres and micrometres; everything else, unknown units too, counts as mm.
double mm_per_unit(int xyzt_units) {
  switch (XYZT_TO_SPACE(xyzt_units)) {
    case NIFTI_UNITS_METER:
      return 1000;
    case NIFTI_UNITS_MICRON:
      return 0.001;
    default:
      return 1;
  }
}

template <class Header>
void check_spacing(const Header& header, const std::string& path) {
  for (int axis = 1; axis <= 3; ++axis) {
    const auto spacing = static_cast<double>(header.pixdim[axis]);
    if (spacing > 0 && std::isfinite(spacing)) continue;
    if (axis == 3 && header.dim[0] == 2) continue;
    refuse("INVALID_VALUE", path, "pixdim",
           "expected spacing to be three positive numbers, received " + std::to_string(spacing) + " along axis " +
               std::to_string(axis - 1));
  }
}

template <class Header>
RasAffine quaternion_affine(const Header& header) {
  const nifti_dmat44 matrix = nifti_quatern_to_dmat44(
      header.quatern_b, header.quatern_c, header.quatern_d, header.qoffset_x, header.qoffset_y, header.qoffset_z,
      header.pixdim[1], header.pixdim[2], header.pixdim[3], header.pixdim[0] < 0 ? -1.0 : 1.0);
  RasAffine affine{};
  for (int row = 0; row < 3; ++row) std::copy_n(matrix.m[row], 4, affine[row].begin());
  return affine;
}

// NIfTI's three ways to say where voxels lie: sform (method 3), qform (2), spacing alone (1).
template <class Header>
RasAffine affine_of(const Header& header, const std::string& path, Run& run) {
  RasAffine affine{};
  if (header.sform_code > 0) {
    for (int column = 0; column < 4; ++column) {
      affine[0][column] = header.srow_x[column];
      affine[1][column] = header.srow_y[column];
      affine[2][column] = header.srow_z[column];
    }
  } else if (header.qform_code > 0) {
    affine = quaternion_affine(header);
  } else {
    for (int axis = 0; axis < 3; ++axis) affine[axis][axis] = header.pixdim[axis + 1];
    run.warn("MISSING_ORIENTATION", path +
                                        " has neither sform nor qform: its axes are taken to run to the right, to "
                                        "anterior and to the head");
  }
  for (auto& row : affine) {
    for (double& value : row) value *= mm_per_unit(header.xyzt_units);
  }
  return affine;
}

template <class Header>
void compare_spacing(const Header& header, const Geometry& geometry, const std::string& path, Run& run) {
  for (int axis = 0; axis < 3; ++axis) {
    const double announced = static_cast<double>(header.pixdim[axis + 1]) * mm_per_unit(header.xyzt_units);
    if (std::abs(announced - geometry.spacing_mm[axis]) <= kSpacingTolerance * announced) continue;
    run.warn("SPACING_MISMATCH", path + ": the sform's voxels are " + std::to_string(geometry.spacing_mm[axis]) +
                                     " mm along axis " + std::to_string(axis) + ", pixdim says " +
                                     std::to_string(announced) + " mm; the sform is used");
  }
}

// Where the two forms put the volume's corners: of shifted, mirrored, turned and scaled forms that is the same measure,
// in millimetres. A tenth of the smallest voxel is more than float32 and quaternions of six digits lose.
template <class Header>
void compare_forms(const Header& header, const Geometry& geometry, const std::string& path, Run& run) {
  constexpr double kTolerance = 0.1;
  RasAffine by_quaternion = quaternion_affine(header);
  for (auto& row : by_quaternion) {
    for (double& value : row) value *= mm_per_unit(header.xyzt_units);
  }
  const RasAffine used = affine_from_geometry(geometry);
  double apart = 0;
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 difference{};
    for (int row = 0; row < 3; ++row) {
      difference[row] = by_quaternion[row][3] - used[row][3];
      for (int axis = 0; axis < 3; ++axis) {
        if (!(corner >> axis & 1)) continue;
        const auto last = static_cast<double>(geometry.size[axis] - 1);
        difference[row] += last * (by_quaternion[row][axis] - used[row][axis]);
      }
    }
    const double distance = std::hypot(difference[0], difference[1], difference[2]);
    if (!(distance <= apart)) apart = distance;
  }
  const Vec3& spacing = geometry.spacing_mm;
  if (apart <= kTolerance * std::min({spacing[0], spacing[1], spacing[2]})) return;
  run.warn("FORMS_DISAGREE", path + ": sform and qform put the volume's corners up to " + std::to_string(apart) +
                                 " mm apart; the sform is used");
}

// Slope 0 (or NaN, as some programs write) means that values are not scaled.
template <class Header>
void read_scaling(const Header& header, const std::string& path, NiftiHeader& result) {
  const auto slope = static_cast<double>(header.scl_slope);
  if (slope == 0 || std::isnan(slope)) return;
  result.slope = slope;
  result.intercept = static_cast<double>(header.scl_inter);
  if (std::isfinite(result.slope) && std::isfinite(result.intercept)) return;
  refuse("INVALID_VALUE", path, "scl_slope", "expected scl_slope and scl_inter to be finite numbers");
}

template <class Header>
int64_t checked_offset(const Header& header, const std::string& path) {
  const auto offset = static_cast<double>(header.vox_offset);
  if (offset == 0) return smallest_offset<Header>();
  if (offset >= static_cast<double>(smallest_offset<Header>()) && offset < kMostOffset) {
    return static_cast<int64_t>(header.vox_offset);
  }
  refuse("CORRUPT_FILE", path, "vox_offset", "the header puts the voxels at byte " + std::to_string(offset));
}

template <class Header>
NiftiHeader checked(const Header& header, bool swapped, const VolumeLimit& limit, const std::string& path, Run& run) {
  NiftiHeader result;
  result.swapped = swapped;
  result.datatype = header.datatype;
  const Size3 size = checked_size(header, limit, path);
  if (!is_real_number(header.datatype)) {
    refuse("UNSUPPORTED_FORMAT", path, "datatype",
           std::string("expected real numbers of 8 to 64 bits, received type ") +
               std::to_string(static_cast<int>(header.datatype)) + " (" + nifti_datatype_string(header.datatype) + ")",
           "Convert the file to int16 or float32.");
  }
  int swap_bytes = 0;
  nifti_datatype_sizes(header.datatype, &result.bytes_per_voxel, &swap_bytes);
  result.data_offset = checked_offset(header, path);
  check_spacing(header, path);
  result.geometry = geometry_from_affine(affine_of(header, path, run), size, path);
  if (header.sform_code > 0) {
    compare_spacing(header, result.geometry, path, run);
    if (header.qform_code > 0) compare_forms(header, result.geometry, path, run);
  }
  read_scaling(header, path, result);
  return result;
}

int32_t swapped_bytes(int32_t value) {
  nifti_swap_4bytes(1, &value);
  return value;
}

// The bytes as a header in this machine's order; whether they had to be swapped.
template <class Header>
std::pair<Header, bool> in_native_order(const std::vector<char>& bytes) {
  Header header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  const bool swapped = header.sizeof_hdr != static_cast<int32_t>(sizeof(Header));
  if (swapped) {
    if constexpr (std::is_same_v<Header, nifti_1_header>) {
      nifti_swap_as_nifti1(&header);
    } else {
      nifti_swap_as_nifti2(&header);
    }
  }
  return {header, swapped};
}

// 1 or 2; what is no NIfTI file, or one in two files, is refused.
int version_of(const std::vector<char>& bytes, const std::string& path) {
  constexpr char kMagic2[] = "n+2\0\r\n\032\n";
  int32_t size = 0;
  if (bytes.size() >= sizeof(nifti_1_header)) std::memcpy(&size, bytes.data(), sizeof(size));
  const auto says = [&](size_t header_bytes) {
    const auto expected = static_cast<int32_t>(header_bytes);
    return (size == expected || size == swapped_bytes(expected)) && bytes.size() >= header_bytes;
  };
  const auto has = [&](size_t offset, const char* magic, size_t count) {
    return std::memcmp(bytes.data() + offset, magic, count) == 0;
  };
  if (says(sizeof(nifti_1_header)) && has(344, "n+1", 4)) return 1;
  if (says(sizeof(nifti_2_header)) && has(4, kMagic2, 8)) return 2;
  if ((says(sizeof(nifti_1_header)) && has(344, "ni1", 4)) || (says(sizeof(nifti_2_header)) && has(4, "ni2", 4))) {
    refuse("UNSUPPORTED_FORMAT", path, "magic", "header and image are in two files (.hdr and .img)",
           "Convert the pair to one .nii file.");
  }
  refuse("NOT_NIFTI", path, "magic", "it is not a NIfTI file", "Name a .nii or .nii.gz file.");
}

}  // namespace

NiftiHeader read_nifti_header(const InputFile& input, const VolumeLimit& limit, Run& run) {
  const std::string& path = input.name;
  if (!input.memory) refuse_incomplete(path);
  GzipReader file(input);
  std::vector<char> bytes(sizeof(nifti_2_header));
  bytes.resize(static_cast<size_t>(file.read_some(bytes.data(), static_cast<int64_t>(bytes.size()))));
  NiftiHeader header;
  if (version_of(bytes, path) == 1) {
    const auto [raw, swapped] = in_native_order<nifti_1_header>(bytes);
    header = checked(raw, swapped, limit, path, run);
  } else {
    const auto [raw, swapped] = in_native_order<nifti_2_header>(bytes);
    header = checked(raw, swapped, limit, path, run);
  }
  const int64_t announced = header.geometry.voxel_count() * header.bytes_per_voxel;
  if (header.data_offset > file.most_bytes() || announced > file.most_bytes() - header.data_offset) {
    refuse("CORRUPT_FILE", path, "dim", "the header announces more voxels than the file holds",
           "Copy or download the file again.");
  }
  return header;
}

}  // namespace hepatica
