#include "ops/mask_statistics.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hepatica {

float median_hu(const Volume& volume, const Mask& mask) {
  std::vector<float> values;
  std::visit(
      [&](const auto& hu) {
        for (size_t i = 0; i < hu.size(); i += 4) {
          const auto value = static_cast<float>(hu[i]);
          if (mask.voxels[i] && std::isfinite(value)) values.push_back(value);
        }
      },
      volume.hu);
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<int64_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace hepatica
