#include "pipelines/evaluate.h"

#include <algorithm>
#include <string>

#include "core/error.h"
#include "core/vec3.h"

namespace hepatica {

namespace {

// The largest distance between the corners of the same index, those of the outer voxels' outer edges: a turned or
// single slice tells too. The rule of src/volume/geometry.ts.
double largest_corner_distance_mm(const Geometry& a, const Geometry& b) {
  double largest = 0;
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 index;
    for (int axis = 0; axis < 3; ++axis) {
      index[axis] = (corner >> axis & 1) != 0 ? static_cast<double>(a.size[axis]) - 0.5 : -0.5;
    }
    largest = std::max(largest, distance(a.position_mm(index), b.position_mm(index)));
  }
  return largest;
}

std::string size_text(const Size3& size) {
  return std::to_string(size[0]) + " x " + std::to_string(size[1]) + " x " + std::to_string(size[2]);
}

}  // namespace

void check_same_grid(const Geometry& prediction, const Geometry& reference) {
  const std::string remedy = "Compare masks of the same scan on the same grid";
  if (prediction.size != reference.size) {
    throw Error("GEOMETRY_MISMATCH",
                "Expected the reference to have the prediction's size, " + size_text(prediction.size) + ", received " +
                    size_text(reference.size),
                {}, "reference", remedy);
  }
  const double distance = largest_corner_distance_mm(prediction, reference);
  const double allowed = 0.5 * *std::min_element(prediction.spacing_mm.begin(), prediction.spacing_mm.end());
  if (distance > allowed) {
    throw Error("GEOMETRY_MISMATCH",
                "Expected the reference to lie where the prediction lies, received one whose corners are up to " +
                    std::to_string(distance) + " mm away",
                {}, "reference", remedy);
  }
}

SegmentationMetrics metrics_of(const Overlap& overlap, double voxel_ml, RvdConvention convention) {
  return {dice(overlap),
          voe(overlap),
          rvd(overlap, convention),
          overlap.prediction_voxels(),
          overlap.reference_voxels(),
          static_cast<double>(overlap.prediction_voxels()) * voxel_ml,
          static_cast<double>(overlap.reference_voxels()) * voxel_ml};
}

SegmentationAgreement evaluate_segmentation(const Mask& prediction, const Mask& reference, RvdConvention convention,
                                            Run& run) {
  check_same_grid(prediction.geometry, reference.geometry);
  const StageTimer timer(run, "evaluate");
  run.begin_stage("evaluating", 0, 1);
  const Overlap overlap = count_overlap(prediction, reference, run);
  return {metrics_of(overlap, prediction.geometry.voxel_volume_ml(), convention),
          compare_surfaces(prediction, reference, kSurfaceToleranceMm, run)};
}

}  // namespace hepatica
