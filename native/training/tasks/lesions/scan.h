// A scan as the lesion network learns from it: the liver's region on the network's grid and what it should find there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/run.h"
#include "core/shared_array.h"
#include "models/mdl_cnn/config.h"
#include "models/mdl_cnn/region_input.h"
#include "synthesis/ground.h"
#include "training/data/scan_parts.h"
#include "training/tasks/lesions/plan.h"
#include "training/tasks/lesions/read_case.h"

namespace hepatica {

struct LesionScan : MappedScan {
  std::string patient;
  bool synthetic = false;
  // Of training scans not masked: the sampler does that, with a liver that may be wrong.
  RegionInput region;
  // On the region's canvas, order (z, y, x): the part of the pixel that lesions cover, 0 to 255, and the LesionType
  // value that covers most of it, 0 where none does.
  Bytes lesion;
  Bytes types;
  // What may be trained on, as indices into the region's voxels, ascending: the liver, and in it each lesion by itself;
  // none where not all lesions of the scan are marked.
  SharedArray<uint32_t> liver_voxels;
  std::vector<SharedArray<uint32_t>> lesion_voxels;

  // On the region's grid, nothing marked.
  Mask empty_mask() const;

  const uint8_t* lesion_slice(int64_t slice) const { return lesion.data() + slice * region.canvas.pixels(); }
  const uint8_t* type_slice(int64_t slice) const { return types.data() + slice * region.canvas.pixels(); }
};

// What the class channel should say of a pixel, from LesionScan's values: its channel, or -1 where there is no lesion
// of a known type.
int64_t class_target(uint8_t lesion, uint8_t type);

// Without anything of the scan itself.
LesionScan blank_lesion_scan(const std::string& patient, const MdlCnnConfig& config);

// All but what blank_lesion_scan() has.
template <class Parts>
void visit_parts(Parts& parts, LesionScan& scan) {
  RegionInput& region = scan.region;
  parts.number(scan.synthetic);
  parts.size(region.grid.width);
  parts.size(region.grid.height);
  parts.positive(region.grid.spacing_mm);
  parts.number(region.canvas.x0);
  parts.number(region.canvas.y0);
  parts.size(region.canvas.width);
  parts.size(region.canvas.height);
  parts.count(region.first_slice);
  parts.size(region.slices);
  parts.size(region.scan_slices);
  parts.positive(region.slice_spacing_mm);
  parts.number(region.reference_hu);
  const int64_t pixels = region.slices * region.canvas.pixels();
  parts.array("liver", region.liver, pixels);
  for (size_t i = 0; i < region.planes.size(); ++i) parts.array("plane" + std::to_string(i), region.planes[i], pixels);
  parts.array("lesion", scan.lesion, pixels);
  parts.array("types", scan.types, pixels);
  parts.indices("liver_voxels", scan.liver_voxels, pixels);
  parts.index_lists("lesion_voxels", scan.lesion_voxels, pixels);
}

// Slices in which one lesion covers more than `max_lesion_share` of the liver are not trained on. Where not all lesions
// are `marked`, nothing is.
LesionScan make_lesion_scan(const LesionSource& source, bool marked, const MdlCnnConfig& config,
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
