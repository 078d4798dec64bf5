// The liver that lesions are put into, as the scan shows it: its parenchyma, its vessels and its noise, told apart.
#pragma once

#include <cstdint>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "ops/bounding_box.h"

namespace hepatica {

// On the liver's bounding box. HU of a voxel = parenchyma + structure + what is left: noise and the finest vessels.
struct Ground {
  BoundingBox box;
  Size3 size = {0, 0, 0};
  Vec3 spacing_mm = {1, 1, 1};

  std::vector<float> hu;
  // The parenchyma's HU there without vessels, smooth within a slice.
  std::vector<float> parenchyma;
  // How much brighter a vessel is; where all around is liver, also how much darker a cleft or an unmarked lesion is.
  std::vector<float> structure;
  // 0 to 255: how surely a bright vessel runs here.
  std::vector<uint8_t> vessel;
  std::vector<uint8_t> liver;
  // Liver that must not be changed: real lesions with their margin.
  std::vector<uint8_t> taken;
  // Voxels of liver.
  std::vector<int64_t> slice_area;

  // Medians over the parenchyma; the noise is 1.4826 times the median absolute deviation.
  double liver_hu = 0;
  double noise_hu = 0;
  // Large vessels in the liver: the blood pool in this phase.
  double blood_hu = 0;

  // Of memory, about.
  int64_t bytes() const { return static_cast<int64_t>(hu.size() * (3 * sizeof(float) + 3)); }

  int64_t index(int64_t x, int64_t y, int64_t z) const { return (z * size[1] + y) * size[0] + x; }
  // Of the box's voxel in the whole volume of `full_size`.
  int64_t full_index(int64_t x, int64_t y, int64_t z, const Size3& full_size) const {
    return ((z + box.min[2]) * full_size[1] + y + box.min[1]) * full_size[0] + x + box.min[0];
  }
};

// Noise that is taken for a structure goes with it where a lesion comes: its standard deviation.
double measure_lost_noise(const Ground& ground);

// The ground while lesions are put into it.
struct FilledGround {
  explicit FilledGround(const Ground& surveyed)
      : ground(surveyed), hu(surveyed.hu), taken(surveyed.taken), lost_noise_hu(measure_lost_noise(surveyed)) {}

  const Ground& ground;
  std::vector<float> hu;
  // The lesions that are there now too.
  std::vector<uint8_t> taken;
  double lost_noise_hu;
};

// `real_lesions` may be null. Throws EMPTY_MASK where no voxel of the liver has a finite HU.
Ground survey_ground(const Volume& volume, const Mask& liver, const Mask* real_lesions, double margin_mm, Run& run);

}  // namespace hepatica
