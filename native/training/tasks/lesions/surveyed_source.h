// A scan that synthetic lesions are put into, and what they need to know of its liver.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "synthesis/ground.h"
#include "training/data/scan_parts.h"
#include "training/tasks/lesions/read_case.h"

namespace hepatica {

struct SurveyedSource {
  LesionSource source;
  Ground ground;
};

// All but the patient.
template <class Parts>
void visit_parts(Parts& parts, LesionSource& source) {
  Geometry& geometry = source.volume.geometry;
  parts.geometry(geometry);
  source.liver.geometry = source.types.geometry = geometry;
  const int64_t voxels = geometry.voxel_count();
  bool is_float = std::holds_alternative<std::vector<float>>(source.volume.hu);
  parts.number(is_float);
  if (is_float && source.volume.hu.index() == 0) source.volume.hu = std::vector<float>();
  std::visit([&](auto& hu) { parts.array("hu", hu, voxels); }, source.volume.hu);
  parts.array("liver", source.liver.voxels, voxels);
  parts.optional_array("types", source.types.voxels, voxels);
}

template <class Parts>
void visit_parts(Parts& parts, SurveyedSource& surveyed) {
  visit_parts(parts, surveyed.source);
  Ground& ground = surveyed.ground;
  parts.sizes(ground.size);
  for (size_t axis = 0; axis < 3; ++axis) {
    parts.count(ground.box.min[axis]);
    ground.box.max[axis] = ground.box.min[axis] + ground.size[axis] - 1;
    parts.require(ground.box.max[axis] < surveyed.source.volume.geometry.size[axis]);
  }
  for (double& spacing : ground.spacing_mm) parts.positive(spacing);
  for (double* hu : {&ground.liver_hu, &ground.noise_hu, &ground.blood_hu}) parts.number(*hu);
  const int64_t voxels = ground.size[0] * ground.size[1] * ground.size[2];
  parts.array("ground_hu", ground.hu, voxels);
  parts.array("parenchyma", ground.parenchyma, voxels);
  parts.array("structure", ground.structure, voxels);
  parts.array("vessel", ground.vessel, voxels);
  parts.array("ground_liver", ground.liver, voxels);
  parts.array("taken", ground.taken, voxels);
  parts.array("slice_area", ground.slice_area, ground.size[2]);
}

}  // namespace hepatica
