#include "ops/mask_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace hepatica {

float mode_hu(const Volume& volume, const Mask& mask) {
  constexpr int kFirst = -99;
  constexpr int kBins = 338;
  constexpr int kReach = 24;
  constexpr double kSigma = 8;
  std::array<double, kBins> histogram{};
  std::visit(
      [&](const auto& hu) {
        for (size_t i = 0; i < hu.size(); i += 4) {
          const auto value = static_cast<double>(hu[i]);
          if (!mask.voxels[i] || !(value >= kFirst && value <= kFirst + kBins - 1)) continue;
          ++histogram[static_cast<size_t>(std::lround(value) - kFirst)];
        }
      },
      volume.hu);
  double highest = 0;
  int mode = 0;
  for (int centre = 0; centre < kBins; ++centre) {
    double height = 0;
    for (int bin = std::max(0, centre - kReach); bin <= std::min(kBins - 1, centre + kReach); ++bin) {
      height += histogram[static_cast<size_t>(bin)] * std::exp(-0.5 * std::pow((bin - centre) / kSigma, 2));
    }
    if (height <= highest) continue;
    highest = height;
    mode = kFirst + centre;
  }
  return static_cast<float>(mode);
}

}  // namespace hepatica
