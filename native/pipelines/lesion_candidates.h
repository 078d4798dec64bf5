// Where the lesion networks see lesions, on the grid that it was asked about.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/lesion.h"
#include "core/run.h"
#include "core/volume.h"
#include "grid/interpolate_cells.h"
#include "models/mdl_cnn/inference.h"
#include "ops/resample.h"
#include "segmentation/lesion_cells.h"

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

// Finds lesions slice by slice, as the MDL-CNN says them: its map, bilinear between the region's pixels; `share` of the
// probability is the cells' where there are any, linear between their centres, 0 outside their box. Keeps references.
class LesionLocation {
 public:
  LesionLocation(const RegionInput& region, const LesionCells& cells, double share, const Mask& liver,
                 const LesionThresholds& thresholds);

  // `map`: LesionMaps::location of slices of the region from slice `first` on. Those that have some lesion, counted
  // from 0.
  std::vector<int64_t> add(int64_t first, std::span<const uint8_t> map, Run& run);

  // After all slices.
  LocatedLesions take() { return std::move(located_); }

 private:
  bool add_slice(int64_t slice, const uint8_t* map);

  const RegionInput& region_;
  const Mask& liver_;
  float detection_;  // of 255
  float extent_;
  float share_;
  ResampleAxis columns_;
  ResampleAxis rows_;
  std::optional<CellInterpolation> cells_;
  LocatedLesions located_;
};

// All of a region with one slice or more.
LocatedLesions locate_lesions(const RegionInput& region, const LesionMaps& maps, const LesionCells& cells, double share,
                              const Mask& liver, const LesionThresholds& thresholds, Run& run);

// What the network's maps say of one lesion.
struct LesionScores {
  double detection_probability = 0;
  std::array<double, kLesionTypes> probabilities{};
};

// Means over the voxels of each value 1 to `count` of `ids`; the class map is taken at the nearest pixel.
std::vector<LesionScores> score_lesions(const Mask& ids, int count, const ByteVolume& probability,
                                        const LesionMaps& maps, const RegionInput& region);

}  // namespace hepatica
