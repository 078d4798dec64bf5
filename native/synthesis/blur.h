// Gaussian blur of one slice, 0 outside.
#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry.h"

namespace hepatica {

class PlaneBlur {
 public:
  PlaneBlur(const Size3& size, const Vec3& spacing_mm, double sigma_mm);

  // `plane` has size_x * size_y values. Safe from several threads.
  void apply(std::vector<float>& plane) const;

 private:
  int64_t width_;
  int64_t height_;
  // From the middle outwards, their two-sided sum 1.
  std::vector<float> weights_x_;
  std::vector<float> weights_y_;
};

}  // namespace hepatica
