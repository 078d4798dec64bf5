// Scans of noise that several tests compare a device's road on.
#pragma once

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/volume.h"

namespace hepatica {

// Noise in an ellipse, air around it.
inline Volume noisy_body() {
  Volume volume;
  volume.geometry.size = {70, 62, 9};
  volume.geometry.spacing_mm = {3.1, 3.3, 5};
  std::vector<int16_t> hu(static_cast<size_t>(volume.geometry.voxel_count()));
  uint32_t state = 3;
  for (size_t i = 0; i < hu.size(); ++i) {
    const auto x = static_cast<double>(i % 70) - 35;
    const auto y = static_cast<double>(i / 70 % 62) - 31;
    state = state * 1664525u + 1013904223u;
    hu[i] = static_cast<int16_t>(x * x / 900 + y * y / 700 < 1 ? static_cast<int>(state >> 25) : -1000);
  }
  volume.hu = std::move(hu);
  return volume;
}

struct ScanWithLiver {
  Volume volume;
  Mask liver;
};

// Noise everywhere; the liver is an ellipse about column `centre_x` of 90 in the slices 2 to 8 of 11.
inline ScanWithLiver noisy_liver(double slice_spacing_mm, double centre_x) {
  Geometry geometry;
  geometry.size = {90, 70, 11};
  geometry.spacing_mm = {0.8, 0.9, slice_spacing_mm};
  std::vector<int16_t> hu(static_cast<size_t>(geometry.voxel_count()));
  Mask liver{geometry, std::vector<uint8_t>(hu.size())};
  uint32_t state = 5;
  for (int64_t voxel = 0; voxel < geometry.voxel_count(); ++voxel) {
    state = state * 1664525u + 1013904223u;
    hu[voxel] = static_cast<int16_t>(static_cast<int>(state >> 24) - 50);
    const int64_t z = voxel / (90 * 70);
    const auto x = static_cast<double>(voxel % 90);
    const auto y = static_cast<double>(voxel / 90 % 70);
    liver.voxels[voxel] = z >= 2 && z < 9 && std::hypot((x - centre_x) / 25, (y - 30) / 18) < 1;
  }
  return {{geometry, std::move(hu)}, std::move(liver)};
}

}  // namespace hepatica
