// What the lesion network (paper: MDL-CNN) is made of. The paper fixes a ResNet101 base, a location channel of seven
// convolutional layers and a class channel of 256-128-64-32-64-128-256 features; inputs, strides, the base's stages and
// how the channels join are silent there and are data here: the JSON text in the weights' metadata, key "architecture".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/lesion.h"
#include "models/lesion3d/config.h"

namespace hepatica {

// What the network sees of a pixel inside the liver, 0 to 1; outside the liver every channel is 0.
enum class RegionChannel {
  kEqualized,  // the 8-bit equalized picture
  kClipped,    // Hounsfield units quantized by the preprocessing's window
  kRelative,   // (HU - mode of the liver's HU) / 200 + 0.5, clamped
};

// Numbers that are chosen for what says where lesions are.
struct LesionLevels {
  // A lesion is where the probability is above `threshold` in at least MdlCnnConfig::minimum_ml, and reaches as far as
  // it is above `extent_threshold` too, or above `threshold` where that is lower: what is sure enough is outlined where
  // it is likelier than not (docs/lesion-experiments.md).
  double threshold = 0.7;
  double extent_threshold = 0.5;
  // A type's probability is the mean of the class map over the lesion to the power of 1 / type_temperature, over the
  // sum of all types' (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017); 1 leaves the means as they
  // are.
  double type_temperature = 1;
  // A lesion of which no type is as likely is indeterminate; 0: none is.
  double indeterminate_below = 0;

  bool operator==(const LesionLevels&) const = default;
};

// Its levels are those of all that says where lesions are.
struct MdlCnnConfig : LesionLevels {
  static constexpr int64_t kLocationLayers = 7;
  static constexpr std::array<int64_t, 7> kClassWidths = {256, 128, 64, 32, 64, 128, 256};
  // Stride of the location and class channels, which is that of the base's first stage.
  static constexpr int64_t kCell = 4;

  // In-plane pixel size of the region's grid, mm.
  double spacing_mm = 1.5;
  // The slices that are seen at once, as offsets along z in mm: three are the base's three channels, one is repeated.
  std::vector<double> context_mm = {-3, 0, 3};
  // Each of them is the mean over so many mm along z (an odd number of slices), so that thin slices have no more noise
  // than thick ones; 0: single slices.
  double slab_mm = 3;
  // At least one; the base sees the first, the location and class channels see all. Some types differ by absolute HU (a
  // cyst is water), lesions and liver by relative ones.
  std::vector<RegionChannel> channels = {RegionChannel::kRelative, RegionChannel::kClipped};
  // Stages of ResNet101 that are run, 1 to 4.
  int64_t base_stages = 1;
  int64_t location_width = 64;
  double minimum_ml = 0.1;
  // A second network beside this one that says where lesions are; none: this one alone says it.
  std::optional<Lesion3dConfig> location3d;
  // Of this network alone, where there is a second one; none: as above.
  std::optional<LesionLevels> paper;

  // The paper's network: this one alone.
  MdlCnnConfig paper_config() const;

  // Planes of a region's tensor, order (channel, context).
  int64_t input_planes() const { return static_cast<int64_t>(channels.size() * context_mm.size()); }
  // Height and width of a region's tensor are multiples of it: every stage has whole pixels.
  int64_t stride() const { return kCell << (base_stages - 1); }

  // Throws WRONG_MODEL naming `file` and the field: what is missing, unknown or out of its limits.
  static MdlCnnConfig from_json(const std::string& text, const std::string& file = {});
  std::string to_json() const;

  bool operator==(const MdlCnnConfig&) const = default;
};

}  // namespace hepatica
