// Images and the labels that lie on their voxels, whatever they are stored as.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "training/data/label_polygon.h"

namespace hepatica {

struct LabelledImage {
  Volume volume;
  std::map<std::string, int64_t> slice_of_uid;  // empty for NIfTI
};

// A NIfTI file or a DICOM series.
LabelledImage read_labelled_image(const std::string& path, Run& run);

// A NIfTI mask, or a mask kept as a CT-like series: its stored values are the labels. Throws LABEL_GEOMETRY_MISMATCH
// where it lies on other voxels than the image; takes over the image's geometry.
Mask read_label_file(const std::string& path, const std::string& patient, const LabelledImage& image, Run& run);

// 1 where the mask has one of the values; empty: all but 0. Throws INVALID_ARGUMENT for what is no label's value.
Mask select_values(Mask labels, const std::vector<int>& values);

// 1 inside the polygons. Throws LABEL_GEOMETRY_MISMATCH for a slice that the image does not hold.
Mask rasterize_label(std::span<const LabelPolygon> polygons, const std::string& patient, const std::string& path,
                     const LabelledImage& image, Run& run);

}  // namespace hepatica
