// What the liver network is made of. The paper fixes three convolutional layers of 128, 64 and 128 features, each with
// batch norm, ReLU and a 3x3 stride-1 max-pool, after a sub-sampling; kernels, the sub-sampling's form, dilation and
// the dense map are silent there and are data here: the JSON text in the weights' metadata, key "architecture".
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace hepatica {

// How the dense map comes back to the network grid.
enum class HeadKind {
  kSubpixel,  // 2 * s * s channels at the sub-sampled size, then pixel shuffle
  kBilinear,  // 2 channels at the sub-sampled size, then bilinear interpolation (half-pixel centres)
};

// What the head sees besides the third layer: nothing, the pools of all three layers in order, or the input after it.
enum class SkipKind { kNone, kAllLayers, kInput };

// The defaults are the network that comes with the package (docs/experiments.md), and what a training starts from.
struct LiverCnnConfig {
  static constexpr std::array<int64_t, 3> kWidths = {128, 64, 128};
  static constexpr int64_t kClasses = 2;

  // In-plane pixel size of the network grid, mm.
  double spacing_mm = 2.0;
  // The slices that are seen at once, as offsets along z in mm; the nearest slice is taken, clamped to the scan.
  std::vector<double> context_mm = {-10, -5, 0, 5, 10};
  // Coordinate channels, normalized to the body's bounding box: any of "x", "y", in this order.
  std::vector<std::string> coordinates = {"x", "y"};
  // Pixel-unshuffle factor in front of the first layer.
  int64_t subsampling = 3;
  std::array<int64_t, 3> kernels = {5, 5, 5};
  std::array<int64_t, 3> dilations = {1, 2, 3};
  SkipKind skip = SkipKind::kAllLayers;
  HeadKind head = HeadKind::kSubpixel;
  int64_t head_kernel = 3;
  // Inside where the probability on the source grid is above it.
  double threshold = 0.5;
  // Gaussian sigma of the probability along z before thresholding, mm; 0: none.
  double z_smoothing_mm = 0;
  // Distance of the slices that the network is run on, mm; slices between are interpolated. 0: every slice.
  double slice_step_mm = 0;

  int64_t input_channels() const;
  int64_t head_input_channels() const;
  int64_t head_output_channels() const;

  // Throws WRONG_MODEL naming `file` and the field: what is missing, unknown or out of its limits.
  static LiverCnnConfig from_json(const std::string& text, const std::string& file = {});
  std::string to_json() const;

  bool operator==(const LiverCnnConfig&) const = default;
};

}  // namespace hepatica
