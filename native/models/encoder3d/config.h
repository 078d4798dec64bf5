// The 3-D structure network: a residual encoder that was trained on CT, and a light decoder, in the box where a locator
// (models/locator3d) says the structure is. What the base fixes (conv1, two layers of bottlenecks) is in the network;
// what a training may choose is data here: the JSON text in the weights' metadata, key "architecture".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/geometry.h"
#include "models/locator3d/config.h"

namespace hepatica {

// The defaults are the network that comes with the package, but for its cells, and what a training starts from.
struct Encoder3dConfig {
  // Sizes of its input are multiples of it.
  static constexpr int64_t kMultiple = 8;
  // Cells of the input in one of the coarsest of the encoder's, x, y, z: where the body's coordinates come in.
  static constexpr Size3 kContextCells = {8, 8, 4};

  // What each class of the softmax is; the first is what is nothing else.
  std::vector<std::string> structures = {"background", "liver", "lungs", "bone", "body"};
  // Features at 12 mm and coarser, at 6 mm, and at 3 mm in the plane.
  int64_t wide = 96;
  int64_t middle = 64;
  int64_t fine = 32;
  // Cells of the network's grid, x, y, z (grid/cell_grid.h); of files of earlier versions, which do not say, these.
  Vec3 cell_mm = {1.5, 1.5, 3};
  // Inside where the probability on the source grid is above it.
  double threshold = 0.5;
  Locator3dConfig locator;

  int64_t classes() const { return static_cast<int64_t>(structures.size()); }

  // Throws WRONG_MODEL naming `file` and the field: what is missing, unknown or out of its limits.
  static Encoder3dConfig from_json(const std::string& text, const std::string& file = {});
  std::string to_json() const;

  bool operator==(const Encoder3dConfig&) const = default;
};

}  // namespace hepatica
