// Lesions that were found against lesions that are there, as the LiTS challenge compares them (Bilic et al., The Liver
// Tumor Segmentation Benchmark, Medical Image Analysis 84, 2023, and its scoring program):
//   - lesions of a mask are its connected components over faces (scipy.ndimage.label's default);
//   - correspondence is many-to-many: a reference lesion goes to the prediction that covers most of it, reference
//   lesions
//     of one prediction are merged; a prediction goes to the merged reference that it covers most of, predictions of
//     one merged reference are merged. Equal overlaps go to the lesion of the lower index;
//   - a merged pair is detected where its intersection over union lies above a limit (0, and 0.5; 0.5 itself is not);
//   - TP counts reference lesions, FP predictions: two predictions on one lesion are one TP and no FP.
// One deviation: every reference lesion that is not a TP is an FN. The program forgets those of an undetected merger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/lesion.h"
#include "core/volume.h"
#include "ops/components.h"
#include "ops/metrics.h"

namespace hepatica {

struct LesionInstance {
  // In an id mask its value; otherwise its index + 1.
  int64_t id = 0;
  LesionType type = LesionType::kUnknown;
  int64_t voxels = 0;
};

struct LesionInstances {
  Geometry geometry;
  // 0, or index into `lesions` + 1; order (z, y, x).
  std::vector<uint16_t> labels;
  std::vector<LesionInstance> lesions;
};

// Each value of the mask is a lesion, whether connected or not; ascending by id, of unknown type.
LesionInstances lesions_by_id(const Mask& ids);
// From a lesion-type mask (core/lesion.h): the components of each type, so that lesions of two types that touch are
// two. By type, largest first. Throws INVALID_ARGUMENT for values above 5 and for more than 65,535 lesions.
LesionInstances lesions_by_type(const Mask& types);
// The components of what is not 0, largest first, of unknown type.
LesionInstances lesions_of_mask(const Mask& mask, Connectivity connectivity = Connectivity::kFaces);

// What classification calls one lesion: a network's map frays where a lesion is thin.
inline constexpr Connectivity kFoundLesions = Connectivity::kCorners;

// Lesions that correspond: indices into the instances, ascending; neither side is empty.
struct LesionPair {
  std::vector<size_t> predictions;
  std::vector<size_t> references;
  // Of the merged lesions.
  Overlap overlap;

  // Intersection over union, above 0.
  double iou() const;
};

struct LesionMatching {
  // Of all lesions as one, over the volume.
  Overlap overlap;
  // By the first reference lesion.
  std::vector<LesionPair> pairs;
  // For each reference lesion that is in a pair: the index of the pair's prediction that covers most of it; else -1.
  std::vector<int64_t> prediction_of;
  size_t prediction_count = 0;
  size_t reference_count = 0;
};

// Throws INVALID_ARGUMENT (field "reference") where the sizes differ.
LesionMatching match_lesions(const LesionInstances& prediction, const LesionInstances& reference);

// Lesions, not voxels.
struct LesionDetection {
  int64_t tp = 0;
  int64_t fp = 0;
  int64_t fn = 0;
  // Of detected pairs: reference lesions beyond the first, and predictions beyond the number of reference lesions.
  int64_t merged = 0;
  int64_t split = 0;

  LesionDetection& operator+=(const LesionDetection& other);
  bool operator==(const LesionDetection&) const = default;
};

// A pair is detected where its IoU is above `iou_limit`.
LesionDetection count_detections(const LesionMatching& matching, double iou_limit);

}  // namespace hepatica
