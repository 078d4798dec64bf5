// Where the lesion networks see lesions, on the grid that it was asked about.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/lesion.h"
#include "core/run.h"
#include "core/volume.h"
#include "models/mdl_cnn/inference.h"
#include "pipelines/predict_lesions.h"

namespace hepatica {

// Of the location's probability; `extent` is at most `detection`.
struct LesionThresholds {
  double detection = 0;
  double extent = 0;
};

// round(255 p) of the location's probability in the liver, 0 outside it, and in `levels`, as hysteresis() takes them,
// what it is above before it is rounded.
struct LocatedLesions {
  ByteVolume probability;
  Mask levels;
};

// The MDL-CNN's map, bilinear between the region's pixels; `share` of the probability is the cells' where there are
// any, linear between their centres, 0 outside their box.
LocatedLesions locate_lesions(const LesionPrediction& prediction, double share, const Mask& liver,
                              const LesionThresholds& thresholds, Run& run);

// What the network's maps say of one lesion.
struct LesionScores {
  double detection_probability = 0;
  std::array<double, kLesionTypes> probabilities{};
};

// Means over the voxels of each value 1 to `count` of `ids`; the class map is taken at the nearest pixel.
std::vector<LesionScores> score_lesions(const Mask& ids, int count, const ByteVolume& probability,
                                        const LesionMaps& maps, const RegionInput& region);

}  // namespace hepatica
