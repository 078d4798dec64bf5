#include "training/data/read_label.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "ops/polygon.h"

namespace hepatica {
namespace {

bool close(double a, double b, double tolerance) { return std::abs(a - b) <= tolerance; }

// A mask written by another program may carry rounded positions: half a voxel would be another place, a twentieth not.
bool same_voxels(const Geometry& a, const Geometry& b) {
  if (a.size != b.size) return false;
  for (size_t axis = 0; axis < 3; ++axis) {
    if (!close(a.spacing_mm[axis], b.spacing_mm[axis], 1e-3 * a.spacing_mm[axis])) return false;
    if (!close(a.origin_mm[axis], b.origin_mm[axis], 0.05 * a.spacing_mm[axis] + 1e-3)) return false;
  }
  for (size_t i = 0; i < 9; ++i) {
    if (!close(a.direction[i], b.direction[i], 1e-3)) return false;
  }
  return true;
}

std::string describe(const Geometry& g) {
  std::string text;
  for (size_t axis = 0; axis < 3; ++axis) text += (axis ? "x" : "") + std::to_string(g.size[axis]);
  text += " voxels of ";
  for (size_t axis = 0; axis < 3; ++axis) text += (axis ? "x" : "") + std::to_string(g.spacing_mm[axis]);
  return text + " mm";
}

int64_t slice_index(const LabelPolygon& polygon, const LabelledImage& image, const std::string& patient,
                    const std::string& path) {
  const auto found = image.slice_of_uid.find(polygon.sop_instance_uid);
  if (!polygon.sop_instance_uid.empty() && found != image.slice_of_uid.end()) return found->second;
  if (polygon.slice >= 0 && polygon.slice < image.volume.geometry.slice_count()) return polygon.slice;
  throw Error("LABEL_GEOMETRY_MISMATCH",
              "The polygons of " + patient + " name slice " + std::to_string(polygon.slice) + " \"" +
                  polygon.sop_instance_uid + "\", which the image does not hold",
              path, "sopInstanceUid", "Give the polygons of this very series, or slice indices");
}

}  // namespace

Mask read_label(const CaseReader& reader, const LabelFile& file, const std::string& patient, const LabelledImage& image,
                Run& run) {
  Mask labels = reader.read_labels(file, image, run);
  if (!same_voxels(image.volume.geometry, labels.geometry)) {
    throw Error("LABEL_GEOMETRY_MISMATCH",
                "The label of " + patient + " has " + describe(labels.geometry) + " and its image " +
                    describe(image.volume.geometry) + ", or they lie elsewhere",
                file.path, "label", "Resample the label onto the image's voxels, or name the right pair");
  }
  labels.geometry = image.volume.geometry;
  return labels;
}

Mask select_values(Mask labels, const std::vector<int>& values) {
  std::array<uint8_t, 256> inside{};
  if (values.empty()) std::fill(inside.begin() + 1, inside.end(), uint8_t{1});
  for (const int value : values) {
    if (value < 0 || value > 255) {
      throw Error("INVALID_ARGUMENT",
                  "Expected labelValues to be integers from 0 to 255, received " + std::to_string(value), {},
                  "labelValues");
    }
    inside[static_cast<size_t>(value)] = 1;
  }
  for (uint8_t& voxel : labels.voxels) voxel = inside[voxel];
  return labels;
}

Mask rasterize_label(std::span<const LabelPolygon> polygons, const std::string& patient, const std::string& path,
                     const LabelledImage& image, Run& run) {
  std::vector<Contour> contours;
  for (const LabelPolygon& polygon : polygons) {
    Contour contour;
    contour.slice = slice_index(polygon, image, patient, path);
    contour.hole = polygon.hole;
    for (size_t i = 0; i + 1 < polygon.points.size(); i += 2) {
      contour.pixels.push_back({polygon.points[i], polygon.points[i + 1]});
    }
    contours.push_back(std::move(contour));
  }
  return rasterize_contours(contours, image.volume.geometry, run);
}

}  // namespace hepatica
