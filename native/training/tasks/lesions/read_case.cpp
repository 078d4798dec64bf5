#include "training/tasks/lesions/read_case.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <variant>

#include "core/error.h"
#include "ops/bounding_box.h"
#include "ops/orient.h"
#include "training/data/patient_run.h"
#include "training/data/read_label.h"

namespace hepatica {
namespace {

[[noreturn]] void refuse_empty(const LesionCase& c, const std::string& what, const std::string& file,
                               const std::string& field) {
  throw Error("EMPTY_LABEL", what + " of " + c.patient + " mark no voxel", file, field,
              "Check the label's values, or leave this case out");
}

bool is_empty(const Mask& mask) {
  return std::all_of(mask.voxels.begin(), mask.voxels.end(), [](uint8_t voxel) { return voxel == 0; });
}

Mask read_liver(const LesionCase& c, const CaseReader& reader, const Mask& label, const LabelledImage& image,
                Run& run) {
  const LabelFile file = {c.liver.empty() ? c.label : c.liver, c.liver_segments};
  if (!c.liver.empty()) return select_values(read_label(reader, file, c.patient, image, run), c.liver_values);
  if (!c.liver_polygons.empty()) return rasterize_label(c.liver_polygons, c.patient, c.image, image, run);
  if (!c.liver_segments.empty()) return read_label(reader, file, c.patient, image, run);
  return select_values(label, c.liver_values);
}

Mask types_of_label(const Mask& label, const LesionCase& c, const CaseReader& reader, const LabelledImage& image,
                    Run& run) {
  std::array<uint8_t, 256> type_of{};
  for (const LesionLabelValue& l : c.lesion_values)
    type_of[static_cast<size_t>(l.value)] = static_cast<uint8_t>(l.type);
  Mask types = label;
  for (uint8_t& voxel : types.voxels) voxel = type_of[voxel];
  for (const LesionLabelSegment& l : c.lesion_segments) {
    const Mask inside = read_label(reader, {c.label, {l.segment}}, c.patient, image, run);
    for (size_t i = 0; i < types.voxels.size(); ++i) {
      if (inside.voxels[i]) types.voxels[i] = static_cast<uint8_t>(l.type);
    }
  }
  return types;
}

Mask types_of_polygons(const LesionCase& c, const LabelledImage& image, Run& run) {
  Mask types;
  types.geometry = image.volume.geometry;
  types.voxels.assign(static_cast<size_t>(types.geometry.voxel_count()), 0);
  for (int value = 1; value <= static_cast<int>(LesionType::kUnknown); ++value) {
    std::vector<LabelPolygon> polygons;
    for (const LesionPolygon& polygon : c.lesion_polygons) {
      if (static_cast<int>(polygon.type) == value) polygons.push_back(polygon);
    }
    if (polygons.empty()) continue;
    const Mask inside = rasterize_label(polygons, c.patient, c.image, image, run);
    for (size_t i = 0; i < types.voxels.size(); ++i) {
      if (inside.voxels[i]) types.voxels[i] = static_cast<uint8_t>(value);
    }
  }
  return types;
}

template <class T>
void keep_slices(std::vector<T>& voxels, int64_t pixels, int64_t begin, int64_t end) {
  voxels.erase(voxels.begin() + end * pixels, voxels.end());
  voxels.erase(voxels.begin(), voxels.begin() + begin * pixels);
}

// What is far from the liver is neither seen nor changed.
void crop_to_liver(LesionSource& source, double context_mm) {
  const Geometry whole = source.volume.geometry;
  const BoundingBox box = *bounding_box(source.liver);
  const auto margin = static_cast<int64_t>(std::ceil(context_mm / whole.spacing_mm[2])) + 1;
  const int64_t begin = std::max<int64_t>(0, box.min[2] - margin);
  const int64_t end = std::min<int64_t>(whole.size[2], box.max[2] + 1 + margin);
  Geometry kept = whole;
  kept.size[2] = end - begin;
  kept.origin_mm = whole.position_mm({0, 0, static_cast<double>(begin)});
  const int64_t pixels = whole.slice_pixels();
  std::visit([&](auto& hu) { keep_slices(hu, pixels, begin, end); }, source.volume.hu);
  keep_slices(source.liver.voxels, pixels, begin, end);
  if (!source.types.voxels.empty()) keep_slices(source.types.voxels, pixels, begin, end);
  source.volume.geometry = source.liver.geometry = source.types.geometry = kept;
}

LesionSource read_whole(const LesionCase& c, const CaseReader& reader, double context_mm, Run& run) {
  LabelledImage image = reader.read_image(c.image, run);
  Mask label;
  if (!c.label.empty()) label = read_label(reader, {c.label}, c.patient, image, run);
  Mask liver = read_liver(c, reader, label, image, run);
  if (is_empty(liver)) refuse_empty(c, "The liver's values", c.liver.empty() ? c.label : c.liver, "liverValues");
  std::optional<Mask> types;
  if (!c.lesion_polygons.empty()) {
    types = types_of_polygons(c, image, run);
  } else if (!c.label.empty() && !(c.lesion_values.empty() && c.lesion_segments.empty())) {
    types = types_of_label(label, c, reader, image, run);
  }
  if (types && is_empty(*types)) refuse_empty(c, "The values that mark lesions", c.label, "labelTypes");
  for (size_t i = 0; types && i < liver.voxels.size(); ++i) liver.voxels[i] |= types->voxels[i] > 0;
  const AxisOrder order = canonical_order(image.volume.geometry);
  LesionSource source;
  source.patient = c.patient;
  source.volume = to_canonical(std::move(image.volume), order);
  source.liver = to_canonical(std::move(liver), order);
  if (types) source.types = to_canonical(std::move(*types), order);
  crop_to_liver(source, context_mm);
  return source;
}

}  // namespace

LesionSource read_lesion_case(const LesionCase& c, const CaseReader& reader, double context_mm, Run& run) {
  return read_for_patient(c.patient, run, [&](Run& reading) { return read_whole(c, reader, context_mm, reading); });
}

}  // namespace hepatica
