// What becomes of the voxels above the threshold: which pieces stay, and whether holes are filled. Part of a
// segmenter's weights, as JSON in their metadata under "postprocessing": what suits a liver, one solid piece, loses a
// kidney.
#pragma once

#include <string>

#include "core/run.h"
#include "core/volume.h"
#include "models/weights/safetensors.h"
#include "ops/components.h"

namespace hepatica {

enum class KeptComponents {
  kAll,
  kLargest,
  kShare,  // those with at least a share of the largest one's voxels
};

// The defaults are the paper's for the liver, and hold for weights that do not say it.
struct Postprocessing {
  static constexpr const char* kMetadataKey = "postprocessing";

  KeptComponents components = KeptComponents::kLargest;
  double minimum_share = 0.1;  // where `components` is kShare
  bool fill_holes = true;

  // {"components": "all" | "largest" | {"minimumShare": 0.1}, "fillHoles": true}. Throws WRONG_MODEL naming `file` and
  // the field.
  static Postprocessing from_json(const std::string& text, const std::string& file = {});
  static Postprocessing of(const Metadata& metadata, const std::string& file);
  std::string to_json() const;

  bool operator==(const Postprocessing&) const = default;
};

// The pieces of `mask`, whose components (by faces) `map` holds, that stay.
Mask keep_components(const Mask& mask, const ComponentMap& map, const Postprocessing& postprocessing);

// 0 and 1.
Mask postprocess(const Mask& above_threshold, const Postprocessing& postprocessing, Run& run);

}  // namespace hepatica
