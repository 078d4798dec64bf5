// A structure's probability in the box where it was located, by the 3-D network.
#pragma once

#include <optional>
#include <vector>

#include "core/run.h"
#include "grid/canonical_slices.h"
#include "grid/cell_grid.h"
#include "models/encoder3d/encoded_crop.h"
#include "models/encoder3d/inference.h"
#include "segmentation/locate_structure.h"

namespace hepatica {

struct OutlinedStructure {
  CellGrid grid;
  CellBox box;
  // Order (z, y, x) of the box.
  std::vector<float> probability;

  // The network saw the box in one window.
  bool seen_at_once() const;
};

// Of class `structure`; `located.box` holds one. Where the structure, above the threshold, reaches a face of the box
// that is not the grid's end, the box grows there and is outlined again, at most twice: thin parts escape a coarse
// locator. See z_windows for boxes of many metres. `encoded`, where it is given, is what the encoder made of a box that
// was seen at once. Call it on the inference thread; reports the run's progress.
OutlinedStructure outline_structure(const CanonicalSlices& source, const LocatedStructure& located, int64_t structure,
                                    float threshold, const Encoder3dInference& network, Run& run,
                                    EncodedBox* encoded = nullptr);

// The box with each side moved out that the structure reaches, inside the scan; empty where it reaches none.
std::optional<BoxMm> grown_box(const OutlinedStructure& outlined, float threshold);

}  // namespace hepatica
