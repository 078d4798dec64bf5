// Labels that lie on their image's voxels: read, chosen by value, or drawn.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "training/data/case_reader.h"
#include "training/data/label_polygon.h"

namespace hepatica {

// Throws LABEL_GEOMETRY_MISMATCH where the label lies on other voxels than the image; takes over the image's geometry.
Mask read_label(const CaseReader& reader, const LabelFile& file, const std::string& patient, const LabelledImage& image,
                Run& run);

// 1 where the mask has one of the values; empty: all but 0. Throws INVALID_ARGUMENT for what is no label's value.
Mask select_values(Mask labels, const std::vector<int>& values);

// 1 inside the polygons. Throws LABEL_GEOMETRY_MISMATCH for a slice that the image does not hold.
Mask rasterize_label(std::span<const LabelPolygon> polygons, const std::string& patient, const std::string& path,
                     const LabelledImage& image, Run& run);

}  // namespace hepatica
