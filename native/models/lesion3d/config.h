// The 3-D lesion network: the encoder that the 3-D liver network has (models/encoder3d/encoder.h), and a light decoder
// that is shown the liver's mask and grey relative to the liver's beside its features. It says where lesions are, of
// which type the MDL-CNN says; a part of that network's weights (models/lesion_model.h) under names of its own.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/geometry.h"

namespace hepatica {

struct Lesion3dConfig {
  // Of its tensors in the weights file.
  static constexpr const char* kPrefix = "location3d.";
  // What sizes of its input are multiples of.
  static constexpr int64_t kMultiple = 8;
  // What it sees around the liver.
  static constexpr double kMarginMm = 24;
  // Grey relative to the liver's: so many HU are 1, and it ends at the limit on either side.
  static constexpr float kContrastHu = 30;
  static constexpr float kContrastLimit = 4;

  // Features at 12 mm and coarser, at 6 mm, and at 3 mm in the plane.
  int64_t wide = 64;
  int64_t middle = 48;
  int64_t fine = 32;
  // Cells of the network's grid, as Encoder3dConfig has them.
  Vec3 cell_mm = {1.5, 1.5, 3};
  // A place's probability of lesion is this part of what this network says and the rest of what the MDL-CNN says.
  double share = 0.5;

  // Throws WRONG_MODEL naming `file` and the field: what is missing, unknown or out of its limits.
  static Lesion3dConfig from_json(const nlohmann::json& object, const std::string& file = {});
  nlohmann::json to_json() const;

  bool operator==(const Lesion3dConfig&) const = default;
};

}  // namespace hepatica
