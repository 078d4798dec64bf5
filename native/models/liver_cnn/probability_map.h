// The structure's probability on the network grid, and back on the source grid.
#pragma once

#include <cstdint>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "models/liver_cnn/config.h"
#include "models/liver_cnn/network_input.h"

namespace hepatica {

struct ProbabilityMap {
  NetworkGrid grid;
  // The part of the grid that was computed; the probability elsewhere is 0.
  Canvas canvas;
  // Ascending z indices of the scan that were computed.
  std::vector<int64_t> slices;
  // round(255 p), order (slice, y, x) on the canvas.
  std::vector<uint8_t> probability;

  uint8_t* plane(int64_t index) { return probability.data() + index * canvas.width * canvas.height; }
  const uint8_t* plane(int64_t index) const { return probability.data() + index * canvas.width * canvas.height; }
};

// The slices to compute: every one, or one in every config.slice_step_mm, starting at half a step.
std::vector<int64_t> predicted_slices(const NetworkInput& input, const LiverCnnConfig& config);

// Smoothed along z by config.z_smoothing_mm, linear between computed slices, bilinear in the plane, 1 where the
// probability is above config.threshold. `source` lies in canonical orientation.
Mask threshold_on_source_grid(const ProbabilityMap& map, const LiverCnnConfig& config, const Geometry& source,
                              Run& run);

}  // namespace hepatica
