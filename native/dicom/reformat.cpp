#include "dicom/reformat.h"

#include <array>
#include <variant>
#include <vector>

#include "core/huge_pages.h"
#include "core/parallel.h"

namespace hepatica::dicom {
namespace {

// One axis of the new grid, as one of the old.
struct Axis {
  size_t old_axis = 0;
  bool reversed = false;
  int64_t stride = 0;  // in the old voxels
};

using PatientAxes = std::array<Axis, 3>;

PatientAxes patient_axes(const Geometry& geometry) {
  const std::array<int, 3> nearest = nearest_patient_axes(geometry.direction);
  const std::array<int64_t, 3> strides = {1, geometry.size[0], geometry.slice_pixels()};
  PatientAxes axes;
  for (size_t old_axis = 0; old_axis < 3; ++old_axis) {
    const auto patient_axis = static_cast<size_t>(nearest[old_axis]);
    const bool reversed = geometry.direction[3 * patient_axis + old_axis] < 0;
    axes[patient_axis] = {old_axis, reversed, reversed ? -strides[old_axis] : strides[old_axis]};
  }
  return axes;
}

// Indices (x, y, z) of the old voxel that the new grid begins with.
std::array<int64_t, 3> first_voxel(const Geometry& geometry, const PatientAxes& axes) {
  std::array<int64_t, 3> index{};
  for (const Axis& axis : axes) {
    if (axis.reversed) index[axis.old_axis] = geometry.size[axis.old_axis] - 1;
  }
  return index;
}

Geometry reformatted(const Geometry& old, const PatientAxes& axes) {
  Geometry geometry;
  for (size_t i = 0; i < 3; ++i) {
    const Axis& axis = axes[i];
    geometry.size[i] = old.size[axis.old_axis];
    geometry.spacing_mm[i] = old.spacing_mm[axis.old_axis];
    for (size_t row = 0; row < 3; ++row) {
      const double along = old.direction[3 * row + axis.old_axis];
      geometry.direction[3 * row + i] = axis.reversed ? -along : along;
    }
  }
  const auto first = first_voxel(old, axes);
  geometry.origin_mm =
      old.position_mm({static_cast<double>(first[0]), static_cast<double>(first[1]), static_cast<double>(first[2])});
  return geometry;
}

template <class Hu>
void copy_voxels(const Volume& from, const std::vector<Hu>& old, const PatientAxes& axes, const Geometry& to, Run& run,
                 std::vector<Hu>& hu) {
  const auto first = first_voxel(from.geometry, axes);
  const Hu* begin = old.data() + (first[2] * from.geometry.size[1] + first[1]) * from.geometry.size[0] + first[0];
  resize_on_huge_pages(hu, old.size(), run);
  parallel_for(to.size[2], run, [&](int64_t z) {
    Hu* out = hu.data() + z * to.slice_pixels();
    for (int64_t y = 0; y < to.size[1]; ++y) {
      const Hu* line = begin + z * axes[2].stride + y * axes[1].stride;
      for (int64_t x = 0; x < to.size[0]; ++x) *out++ = line[x * axes[0].stride];
    }
  });
}

}  // namespace

std::string plane_of(const Geometry& geometry) {
  constexpr std::array kPlanes = {"sagittal", "coronal", "axial"};
  return kPlanes[static_cast<size_t>(nearest_patient_axes(geometry.direction)[2])];
}

Volume to_axial(const Volume& volume, Run& run) {
  const PatientAxes axes = patient_axes(volume.geometry);
  Volume result;
  result.geometry = reformatted(volume.geometry, axes);
  std::visit(
      [&](const auto& old) {
        auto& hu = result.hu.emplace<std::decay_t<decltype(old)>>();
        copy_voxels(volume, old, axes, result.geometry, run, hu);
      },
      volume.hu);
  return result;
}

}  // namespace hepatica::dicom
