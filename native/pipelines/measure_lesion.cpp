#include "pipelines/measure_lesion.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "ops/axial_diameter.h"
#include "ops/contour.h"

namespace hepatica {
namespace {

// 1 where the lesion is, in one slice of its box.
std::vector<uint8_t> cut_out(const Mask& ids, const Lesion& lesion, int64_t z) {
  const BoundingBox& box = lesion.box;
  std::vector<uint8_t> cut;
  for (int64_t y = box.min[1]; y <= box.max[1]; ++y) {
    const uint8_t* row = ids.slice(z) + y * ids.geometry.size[0];
    for (int64_t x = box.min[0]; x <= box.max[0]; ++x) cut.push_back(row[x] == lesion.id ? 1 : 0);
  }
  return cut;
}

PixelSlice pixels_of(const std::vector<uint8_t>& cut, const Geometry& geometry, const BoundingBox& box) {
  return {cut.data(), box.max[0] - box.min[0] + 1, box.max[1] - box.min[1] + 1, geometry.spacing_mm[0],
          geometry.spacing_mm[1]};
}

void add_perimeters(const std::vector<uint8_t>& cut, const Geometry& geometry, int64_t z, Lesion& lesion) {
  const BoundingBox& box = lesion.box;
  const int64_t width = box.max[0] - box.min[0] + 1;
  for (const Contour& contour : trace_slice(cut.data(), width, box.max[1] - box.min[1] + 1, z)) {
    Contour moved = contour;
    for (auto& [x, y] : moved.pixels) {
      x += static_cast<float>(box.min[0]);
      y += static_cast<float>(box.min[1]);
    }
    lesion.perimeters.push_back(perimeter_of(moved, geometry));
  }
}

// `longest`: of the slices so far.
void measure_slice(const std::vector<uint8_t>& cut, const Geometry& geometry, int64_t z, Lesion& lesion,
                   AxialDiameter& longest) {
  const BoundingBox& box = lesion.box;
  const int64_t width = box.max[0] - box.min[0] + 1;
  const int64_t height = box.max[1] - box.min[1] + 1;
  std::optional<BoundingBox> part = bounding_box(cut.data(), width, height);
  if (!part) return;
  for (int axis = 0; axis < 2; ++axis) {
    part->min[axis] += box.min[axis];
    part->max[axis] += box.min[axis];
  }
  lesion.slices.push_back({z, *part, std::count(cut.begin(), cut.end(), 1)});
  const AxialDiameter diameter = axial_diameter(pixels_of(cut, geometry, box));
  if (diameter.longest_mm > longest.longest_mm) {
    longest = diameter;
    lesion.diameter_slice = z;
  }
  add_perimeters(cut, geometry, z, lesion);
}

// Mean and standard deviation (of the population) of the finite values; the centre of mass of all.
template <class Value>
void measure_voxels(const std::vector<Value>& hu, const Mask& ids, Lesion& lesion) {
  const Geometry& geometry = ids.geometry;
  double sum = 0;
  double squares = 0;
  int64_t finite = 0;
  int64_t voxels = 0;
  Vec3 centre = {0, 0, 0};
  for (int64_t z = lesion.box.min[2]; z <= lesion.box.max[2]; ++z) {
    for (int64_t y = lesion.box.min[1]; y <= lesion.box.max[1]; ++y) {
      const int64_t row = (z * geometry.size[1] + y) * geometry.size[0];
      for (int64_t x = lesion.box.min[0]; x <= lesion.box.max[0]; ++x) {
        if (ids.voxels[row + x] != lesion.id) continue;
        ++voxels;
        centre = {centre[0] + static_cast<double>(x), centre[1] + static_cast<double>(y),
                  centre[2] + static_cast<double>(z)};
        const auto value = static_cast<double>(hu[row + x]);
        if (!std::isfinite(value)) continue;
        ++finite;
        sum += value;
        squares += value * value;
      }
    }
  }
  for (double& axis : centre) axis /= static_cast<double>(voxels);
  lesion.centre = centre;
  lesion.centre_mm = geometry.position_mm(centre);
  lesion.volume_ml = static_cast<double>(voxels) * geometry.voxel_volume_ml();
  if (finite == 0) return;
  lesion.mean_hu = sum / static_cast<double>(finite);
  lesion.sd_hu = std::sqrt(std::max(0.0, squares / static_cast<double>(finite) - lesion.mean_hu * lesion.mean_hu));
}

}  // namespace

void measure_lesion(const Volume& volume, const Mask& ids, Lesion& lesion) {
  std::visit([&](const auto& hu) { measure_voxels(hu, ids, lesion); }, volume.hu);
  AxialDiameter longest;
  for (int64_t z = lesion.box.min[2]; z <= lesion.box.max[2]; ++z) {
    measure_slice(cut_out(ids, lesion, z), ids.geometry, z, lesion, longest);
  }
  lesion.diameter_mm = longest.longest_mm;
  const std::vector<uint8_t> widest = cut_out(ids, lesion, lesion.diameter_slice);
  lesion.recist_measurable = is_recist_measurable(longest.longest_mm, ids.geometry.spacing_mm[2]);
  lesion.perpendicular_mm = perpendicular_chord_mm(pixels_of(widest, ids.geometry, lesion.box), longest);
}

void look_at_lesions(const Volume& volume, const Mask& liver, const Mask& ids, std::vector<Lesion>& lesions, Run& run) {
  for (Lesion& lesion : lesions) {
    run.check_cancelled();
    const BoundingBox box = surroundings_of(lesion.box, ids.geometry);
    const LesionCrop crop = crop_about(volume, box, [&](int64_t i) {
      if (ids.voxels[i] == lesion.id) return Tissue::kLesion;
      return liver.voxels[i] != 0 && ids.voxels[i] == 0 ? Tissue::kOrgan : Tissue::kOther;
    });
    lesion.look = look_of(crop, run);
  }
}

}  // namespace hepatica
