// How well found lesions agree with reference lesions in one case: lesion by lesion and voxel by voxel.
#pragma once

#include <array>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "ops/lesion_matching.h"
#include "pipelines/evaluate.h"

namespace hepatica {

// What the values of a mask of lesions mean: each lesion its own value; a lesion-type mask; or lesion and no lesion.
enum class LesionMaskValues { kIds, kTypes, kBinary };

struct LesionMask {
  const Mask& mask;
  LesionMaskValues values;
};

// Limits of intersection over union at which LiTS reports detection.
inline constexpr std::array<double, 2> kIouLimits = {0.0, 0.5};

struct LesionEvaluation {
  std::vector<LesionInstance> predictions;
  std::vector<LesionInstance> references;
  LesionMatching matching;
  // Of all lesions as one.
  SegmentationMetrics metrics;
  double voxel_ml = 0;
};

// Throws as check_same_grid and lesions_by_type do.
LesionEvaluation evaluate_lesions(const LesionMask& prediction, const LesionMask& reference, RvdConvention convention,
                                  Run& run);

}  // namespace hepatica
