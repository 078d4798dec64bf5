// A scan as the lesion network learns from it: the liver's region on the network's grid and what it should find there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/run.h"
#include "models/mdl_cnn/config.h"
#include "models/mdl_cnn/region_input.h"
#include "synthesis/ground.h"
#include "training/tasks/lesions/plan.h"
#include "training/tasks/lesions/read_case.h"

namespace hepatica {

struct LesionScan {
  std::string patient;
  bool synthetic = false;
  // Of training scans not masked: the sampler does that, with a liver that may be wrong.
  RegionInput region;
  // On the region's canvas, order (z, y, x): the part of the pixel that lesions cover, 0 to 255, and the LesionType
  // value that covers most of it, 0 where none does.
  std::vector<uint8_t> lesion;
  std::vector<uint8_t> types;
  // What may be trained on, as indices into the region's voxels, ascending: the liver, and in it each lesion by itself;
  // none where not all lesions of the scan are marked.
  std::vector<uint32_t> liver_voxels;
  std::vector<std::vector<uint32_t>> lesion_voxels;

  // On the region's grid, nothing marked.
  Mask empty_mask() const;

  const uint8_t* lesion_slice(int64_t slice) const { return lesion.data() + slice * region.canvas.pixels(); }
  const uint8_t* type_slice(int64_t slice) const { return types.data() + slice * region.canvas.pixels(); }
};

// What the class channel should say of a pixel, from LesionScan's values: its channel, or -1 where there is no lesion
// of a known type.
int64_t class_target(uint8_t lesion, uint8_t type);

// Slices in which one lesion covers more than `max_lesion_share` of the liver are not trained on.
LesionScan make_lesion_scan(const LesionSource& source, const MdlCnnConfig& config,
                            const PreprocessOptions& preprocessing, double max_lesion_share, Run& run);

// What a variant's synthetic lesions depend on, beside the scan itself.
struct SyntheticPlace {
  uint64_t seed = 0;
  uint64_t scan = 0;
  uint64_t variant = 0;
  uint64_t generation = 0;
};

// The same with synthetic lesions in it, beside the real ones. `ground` is survey_ground's of this source.
LesionScan make_synthetic_scan(const LesionSource& source, const Ground& ground, const SyntheticPlace& place,
                               const MdlCnnConfig& config, const LesionTrainingOptions& options, Run& run);

}  // namespace hepatica
