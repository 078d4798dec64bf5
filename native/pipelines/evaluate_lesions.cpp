#include "pipelines/evaluate_lesions.h"

#include <utility>

namespace hepatica {

namespace {

LesionInstances lesions_of(const LesionMask& lesions) {
  switch (lesions.values) {
    case LesionMaskValues::kIds:
      return lesions_by_id(lesions.mask);
    case LesionMaskValues::kTypes:
      return lesions_by_type(lesions.mask);
    case LesionMaskValues::kBinary:
      break;
  }
  return lesions_of_mask(lesions.mask);
}

}  // namespace

LesionEvaluation evaluate_lesions(const LesionMask& prediction, const LesionMask& reference, RvdConvention convention,
                                  Run& run) {
  check_same_grid(prediction.mask.geometry, reference.mask.geometry);
  const StageTimer timer(run, "evaluate");
  run.begin_stage("evaluating", 0, 1);
  LesionInstances found = lesions_of(prediction);
  run.progress(0.3);
  run.check_cancelled();
  LesionInstances present = lesions_of(reference);
  run.progress(0.6);
  run.check_cancelled();
  LesionMatching matching = match_lesions(found, present);
  const double voxel_ml = prediction.mask.geometry.voxel_volume_ml();
  const SegmentationMetrics metrics = metrics_of(matching.overlap, voxel_ml, convention);
  return {std::move(found.lesions), std::move(present.lesions), std::move(matching), metrics, voxel_ml};
}

}  // namespace hepatica
