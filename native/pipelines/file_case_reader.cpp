#include "pipelines/file_case_reader.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.h"
#include "dicom/objects/read_labels.h"
#include "dicom/read_series.h"
#include "nifti/nifti.h"

namespace hepatica {
namespace {

bool any_negative(const Volume& volume) {
  return std::visit(
      [](const auto& values) {
        return std::any_of(values.begin(), values.end(), [](auto value) { return value < 0; });
      },
      volume.hu);
}

// A mask kept as a CT-like series. No label is negative: a rescale that makes some so was copied from the scan's
// header, and the stored values are the labels.
Mask read_mask_series(const std::string& path, Run& run) {
  ReadSeriesOptions options;
  options.values = PixelValues::kLabels;
  Volume volume = read_series({path}, options, run).volume;
  if (any_negative(volume)) {
    options.values = PixelValues::kStored;
    volume = read_series({path}, options, run).volume;
  }
  Mask mask;
  mask.geometry = volume.geometry;
  std::visit(
      [&](const auto& values) {
        for (const auto value : values) {
          if (value >= 0 && value <= 255) {
            mask.voxels.push_back(static_cast<uint8_t>(value));
            continue;
          }
          throw Error("INVALID_VALUE",
                      "Expected the labels of a mask series to be 0 to 255, received " + std::to_string(value), path,
                      "label", "Name a mask series, not the scan itself");
        }
      },
      volume.hu);
  return mask;
}

Mask read_object(const std::string& path, const std::vector<std::string>& segments, const LabelledImage& image,
                 Run& run) {
  if (!image.source) {
    throw Error("NO_DICOM_SOURCE", path + " labels a DICOM series, and the case's image is none", path, "image",
                "Name the folder of the series that was labelled as the image");
  }
  return read_dicom_labels(path, *image.source, image.volume.geometry, segments, run).mask;
}

}  // namespace

LabelledImage FileCaseReader::read_image(const std::string& path, Run& run) const {
  if (is_nifti_path(path)) return {read_nifti_volume(path, run), {}};
  SeriesVolume series = read_series({path}, {}, run);
  LabelledImage image{std::move(series.volume), {}, std::move(series.report.source)};
  for (size_t z = 0; z < series.report.slices.size(); ++z) {
    // The frames of a multi-frame object share its UID: there, the index alone names the slice.
    const SliceSource& slice = series.report.slices[z];
    if (!slice.frame) image.slice_of_uid[slice.sop_instance_uid] = static_cast<int64_t>(z);
  }
  return image;
}

Mask FileCaseReader::read_labels(const LabelFile& file, const LabelledImage& image, Run& run) const {
  const std::string& path = file.path;
  if (!is_nifti_path(path)) {
    if (const auto object = find_label_object(path)) return read_object(*object, file.segments, image, run);
  }
  if (!file.segments.empty()) {
    throw Error("INVALID_ARGUMENT", "Expected " + path + ", whose segments are chosen, to be a DICOM SEG or RTSTRUCT",
                path, "segments", "Choose the values of a mask instead, or name the SEG or RTSTRUCT");
  }
  return is_nifti_path(path) ? read_nifti_mask(path, run) : read_mask_series(path, run);
}

}  // namespace hepatica
