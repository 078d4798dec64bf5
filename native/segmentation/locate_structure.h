// Where in a scan a structure lies, by the 3-D network's locator.
#pragma once

#include <optional>
#include <vector>

#include "core/run.h"
#include "grid/body_frame.h"
#include "grid/canonical_slices.h"
#include "grid/cell_grid.h"
#include "models/encoder3d/inference.h"

namespace hepatica {

struct LocatedStructure {
  BodyFrame body;
  // With the margin, inside the scan; empty: no structure.
  std::optional<BoxMm> box;
};

// Looks at the whole scan on the locator's grid; see z_windows for scans of many metres. Of a scan of a few slices,
// which the fine network can see whole, the box is the body's, and no network is asked. Call it on the inference
// thread.
LocatedStructure locate_structure(const CanonicalSlices& source, const Locator3dConfig& config,
                                  const Encoder3dInference& network, Run& run);

// Where the body lies, without a network.
BodyFrame locate_body(const CanonicalSlices& source, Run& run);

// The box of the pieces that count, with the margin. `probability` in order (z, y, x) of `lengths`, of which the grid's
// cells come first.
std::optional<BoxMm> structure_box(const std::vector<float>& probability, const CellGrid& grid, const Size3& lengths,
                                   const Locator3dConfig& config);

}  // namespace hepatica
