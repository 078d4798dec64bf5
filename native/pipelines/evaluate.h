// How well a segmentation agrees with a reference: overlap (paper, equations 4 to 6) and surfaces.
#pragma once

#include <cstdint>
#include <optional>

#include "core/run.h"
#include "core/volume.h"
#include "ops/metrics.h"
#include "ops/surface_distance.h"

namespace hepatica {

struct SegmentationMetrics {
  double dice = 0;
  double voe = 0;
  // None where only the reference is empty.
  std::optional<double> rvd;
  int64_t prediction_voxels = 0;
  int64_t reference_voxels = 0;
  double prediction_ml = 0;
  double reference_ml = 0;
};

SegmentationMetrics metrics_of(const Overlap& overlap, double voxel_ml, RvdConvention convention);

// Throws GEOMETRY_MISMATCH (field "reference") where the grids differ in size, or a corner lies more than half the
// smallest spacing from its twin: counting voxels of different places would give a figure that means nothing.
void check_same_grid(const Geometry& prediction, const Geometry& reference);

struct SegmentationAgreement {
  SegmentationMetrics overlap;
  SurfaceAgreement surface;
};

// Throws as check_same_grid does.
SegmentationAgreement evaluate_segmentation(const Mask& prediction, const Mask& reference, RvdConvention convention,
                                            Run& run);

}  // namespace hepatica
