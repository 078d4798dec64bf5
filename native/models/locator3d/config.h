// A small U-Net on the whole scan at a coarse grid that says where a structure is, so that the fine network looks there
// alone; and how its answer becomes a box.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/geometry.h"

namespace hepatica {

struct Locator3dConfig {
  static constexpr Vec3 kCellMm = {6, 6, 6};
  static constexpr int64_t kMultiple = 8;
  // Along z, from foot to head. Of 22 livers the longest has 239 mm; what reaches farther has run into something else.
  static constexpr double kLongestMm = 300;

  // Features of the four levels, finest first.
  std::array<int64_t, 4> widths = {16, 32, 64, 96};
  // A cell is the structure's where the probability is above it; pieces (by faces) count that hold at least a share of
  // the largest one's cells and a volume.
  double threshold = 0.15;
  double minimum_share = 0.25;
  double minimum_ml = 1;
  // Around the box of the pieces on each side.
  double margin_mm = 20;

  // The locator's part of a configuration. Throws WRONG_MODEL naming `file` and the field.
  static Locator3dConfig from_json(const nlohmann::json& object, const std::string& file);
  nlohmann::json to_json() const;

  bool operator==(const Locator3dConfig&) const = default;
};

}  // namespace hepatica
