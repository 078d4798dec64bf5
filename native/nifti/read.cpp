#include <nifti2_io.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "core/error.h"
#include "nifti/gzip_file.h"
#include "nifti/header.h"
#include "nifti/nifti.h"

namespace hepatica {
namespace {

// Calls convert(z, slice) with each slice's bytes in this machine's order, one after the other.
template <class Convert>
void for_each_slice(const NiftiHeader& header, const InputFile& input, Run& run, Convert&& convert) {
  GzipReader file(input);
  file.skip(header.data_offset);
  const int64_t slices = header.geometry.slice_count();
  std::vector<char> slice(static_cast<size_t>(header.geometry.slice_pixels() * header.bytes_per_voxel));
  for (int64_t z = 0; z < slices; ++z) {
    run.check_cancelled();
    file.read(slice.data(), static_cast<int64_t>(slice.size()));
    if (header.swapped) nifti_swap_Nbytes(header.geometry.slice_pixels(), header.bytes_per_voxel, slice.data());
    convert(z, slice.data());
    run.progress(static_cast<double>(z + 1) / static_cast<double>(slices));
  }
  file.check_end();
}

// Calls use(value, index) for each stored number of a slice.
template <class Stored, class Use>
void for_each_number(const char* slice, int64_t count, Use&& use) {
  for (int64_t i = 0; i < count; ++i) {
    Stored number;
    std::memcpy(&number, slice + i * static_cast<int64_t>(sizeof(Stored)), sizeof(Stored));
    use(static_cast<double>(number), i);
  }
}

template <class Use>
void for_each_value(const NiftiHeader& header, const char* slice, Use&& use) {
  const auto scaled = [&](double number, int64_t i) { use(number * header.slope + header.intercept, i); };
  const int64_t count = header.geometry.slice_pixels();
  switch (header.datatype) {
    case NIFTI_TYPE_UINT8:
      return for_each_number<uint8_t>(slice, count, scaled);
    case NIFTI_TYPE_INT8:
      return for_each_number<int8_t>(slice, count, scaled);
    case NIFTI_TYPE_UINT16:
      return for_each_number<uint16_t>(slice, count, scaled);
    case NIFTI_TYPE_INT16:
      return for_each_number<int16_t>(slice, count, scaled);
    case NIFTI_TYPE_UINT32:
      return for_each_number<uint32_t>(slice, count, scaled);
    case NIFTI_TYPE_INT32:
      return for_each_number<int32_t>(slice, count, scaled);
    case NIFTI_TYPE_UINT64:
      return for_each_number<uint64_t>(slice, count, scaled);
    case NIFTI_TYPE_INT64:
      return for_each_number<int64_t>(slice, count, scaled);
    case NIFTI_TYPE_FLOAT32:
      return for_each_number<float>(slice, count, scaled);
    default:
      return for_each_number<double>(slice, count, scaled);
  }
}

bool is_whole(double value) { return value == std::floor(value); }

bool holds_whole_numbers(const NiftiHeader& header) {
  return header.datatype != NIFTI_TYPE_FLOAT32 && header.datatype != NIFTI_TYPE_FLOAT64 && is_whole(header.slope) &&
         is_whole(header.intercept);
}

// None where a value doesn't fit into 16 bits.
std::optional<std::vector<int16_t>> read_int16(const NiftiHeader& header, const InputFile& input, Run& run) {
  constexpr double kLeast = std::numeric_limits<int16_t>::min();
  constexpr double kMost = std::numeric_limits<int16_t>::max();
  std::vector<int16_t> hu(static_cast<size_t>(header.geometry.voxel_count()));
  bool fits = true;
  const int64_t pixels = header.geometry.slice_pixels();
  for_each_slice(header, input, run, [&](int64_t z, const char* slice) {
    int16_t* target = hu.data() + z * pixels;
    if (!fits) return;
    for_each_value(header, slice, [&](double value, int64_t i) {
      fits = fits && value >= kLeast && value <= kMost;
      target[i] = static_cast<int16_t>(std::clamp(value, kLeast, kMost));
    });
  });
  if (!fits) return std::nullopt;
  return hu;
}

// Nothing is known of a voxel without a number: as outside of the scanner's field of view, it is air.
constexpr float kAirHu = -1024;

std::vector<float> read_float(const NiftiHeader& header, const InputFile& input, Run& run) {
  int64_t not_finite = 0;
  std::vector<float> hu(static_cast<size_t>(header.geometry.voxel_count()));
  for_each_slice(header, input, run, [&](int64_t z, const char* slice) {
    float* target = hu.data() + z * header.geometry.slice_pixels();
    for_each_value(header, slice, [&](double value, int64_t i) {
      const auto number = static_cast<float>(value);
      const bool finite = std::isfinite(number);
      not_finite += !finite;
      target[i] = finite ? number : kAirHu;
    });
  });
  if (not_finite > 0) {
    run.warn("NAN_VOXELS",
             input.name + ": " + std::to_string(not_finite) + " voxels are NaN or infinite and became air (-1024 HU)");
  }
  return hu;
}

void check_axial(const Geometry& geometry, const std::string& path) {
  if (nearest_patient_axes(geometry.direction)[2] == 2) return;
  throw Error("UNSUPPORTED_ORIENTATION", path + ": expected axial slices, received coronal or sagittal ones", path,
              "srow", "Convert the volume to axial slices.");
}

}  // namespace

Volume read_nifti_volume(const InputFile& input, Run& run, const VolumeLimit& limit) {
  const NiftiHeader header = read_nifti_header(input, limit, run);
  check_axial(header.geometry, input.name);
  if (holds_whole_numbers(header)) {
    if (std::optional<std::vector<int16_t>> hu = read_int16(header, input, run)) {
      return {header.geometry, std::move(*hu)};
    }
  }
  return {header.geometry, read_float(header, input, run)};
}

Mask read_nifti_mask(const InputFile& input, Run& run, const VolumeLimit& limit) {
  const NiftiHeader header = read_nifti_header(input, limit, run);
  Mask mask{header.geometry, std::vector<uint8_t>(static_cast<size_t>(header.geometry.voxel_count()))};
  for_each_slice(header, input, run, [&](int64_t z, const char* slice) {
    uint8_t* target = mask.slice(z);
    for_each_value(header, slice, [&](double value, int64_t i) {
      if (value >= 0 && value <= 255 && is_whole(value)) {
        target[i] = static_cast<uint8_t>(value);
        return;
      }
      throw Error("INVALID_VALUE",
                  input.name + ": expected labels to be whole numbers from 0 to 255, received " + std::to_string(value),
                  input.name, "labels", "Name the mask, not the image, or rewrite it with fewer labels.");
    });
  });
  return mask;
}

bool is_nifti_path(const std::string& path) {
  const auto ends_with = [&](const std::string& suffix) {
    return path.size() > suffix.size() && std::equal(suffix.rbegin(), suffix.rend(), path.rbegin(), [](char a, char b) {
             return a == std::tolower(static_cast<unsigned char>(b));
           });
  };
  return ends_with(".nii") || ends_with(".nii.gz");
}

}  // namespace hepatica
