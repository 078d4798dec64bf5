// What the 3-D lesion network says of a liver and what lies around it.
#pragma once

#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "grid/canonical_slices.h"
#include "grid/cell_grid.h"
#include "models/encoder3d/encoded_crop.h"
#include "models/lesion3d/inference.h"

namespace hepatica {

struct LesionCells {
  CellGrid grid;
  CellBox box;
  // Of lesion, order (z, y, x) of the box; none where no cell is half in the liver.
  std::vector<float> probability;
};

// What the liver's network left of a box of the same scan, where there is such a one; it outlives the call.
struct EncodedLiver {
  EncodedCrop* crop = nullptr;
  // Of this call.
  EncodedCrop::Arithmetic arithmetic;
};

// `liver` lies in canonical orientation; `reference_hu` is its commonest value. The network sees the liver and 24 mm
// around it. Where the liver's network had the same encoder, and its box holds all of the mask's voxels, the features
// are those of that box, kept or computed again, with the surroundings that it has. Else, and without `encoded`, the
// mask may be of anything: windows bound the memory. Call it on the inference thread; reports the run's progress.
LesionCells lesion_cells(const CanonicalSlices& source, const Mask& liver, float reference_hu,
                         const Lesion3dInference& network, const EncodedLiver& encoded, Run& run);

}  // namespace hepatica
